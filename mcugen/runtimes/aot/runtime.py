"""The runtime `aot`: kernel calls in C, planned ahead of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.boards import Board
from mcugen.ir.graph import Graph
from mcugen.model import Model
from mcugen.runtimes.aot.emit import emit_library
from mcugen.runtimes.aot.lowered import Layer
from mcugen.runtimes.aot.lowered import Program as Lowered
from mcugen.runtimes.runtime import Arena, ArenaProbe, Live, Peak


@dataclass(frozen=True)
class AotProgram:
    """A lowered graph as the rest of mcugen sees it."""

    lowered: Lowered
    constants_source: str = "static (packed arrays)"
    tries_arenas: bool = False

    @property
    def graph(self) -> Graph:
        return self.lowered.graph

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.lowered.layers

    @property
    def arena(self) -> Arena:
        program = self.lowered
        return Arena(
            program.arena_bytes,
            "static (memory plan)",
            program.lower_bound_bytes,
            program.optimal,
        )

    @property
    def peak(self) -> Peak:
        """One live tensor, state or scratch of each buffer at the peak."""
        timeline, graph = self.lowered.timeline, self.graph
        live = set(timeline.steps[timeline.peak_step + 1].live)
        shapes = {v.name: (v.shape, v.size_bytes) for v in graph.variables}
        shapes |= {t.name: (t.shape, t.size_bytes) for t in graph.tensors if not t.is_constant}
        found = []
        for bar in timeline.peak:
            name = next((n for n in bar.tensors if n in live), bar.name)
            shape, size_bytes = shapes.get(name, ((bar.size_bytes,), bar.size_bytes))
            found.append(Live(name, shape, size_bytes))
        return Peak(tuple(found), self._step(timeline.peak_step))

    def _step(self, step: int) -> str:
        if step < 0:
            return "graph inputs"
        if step >= len(self.layers):
            return "graph outputs"
        return f"{self.layers[step].operands.operator.name} (layer {step})"

    @property
    def constants_bytes(self) -> int:
        return self.lowered.constants_bytes

    @property
    def facts(self) -> Mapping[str, object]:
        return {}

    def files(self, prefix: str, model_sha256: str) -> dict[str, str | bytes]:
        return dict(emit_library(self.lowered, prefix, model_sha256))

    def recalled(self, facts: Mapping[str, object]) -> AotProgram:
        return self

    def settled(self, probe: ArenaProbe | None) -> AotProgram:
        return self


@dataclass(frozen=True)
class Aot:
    """The runtime; it has no options."""

    name: str = "aot"

    def program(self, model: Model, board: Board, optimize: str | None) -> AotProgram:
        return AotProgram(model.program(board.isa))

    def recalled(self, facts: Mapping[str, object]) -> Aot:
        return self
