"""A model on its way through the deployment street: read, rewritten, lowered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mcugen.ir.graph import Graph
from mcugen.isa import Isa
from mcugen.passes import run_passes
from mcugen.project.names import prefix_from
from mcugen.runtimes.aot.lowered import Program, lower_graph
from mcugen.tflite.listing import load_any
from mcugen.tflite.reader import load as load_tflite


@dataclass(frozen=True, eq=False)
class Model:
    """A verified model file. `graph` is as in the file; `program` is what a device runs."""

    path: Path
    data: bytes
    graph: Graph
    notes: tuple[str, ...]

    def program(self, isa: Isa = Isa.PORTABLE) -> Program:
        """The kernel calls and memory plan for cores with this instruction set."""
        if isa not in self._programs:
            self._programs[isa] = lower_graph(self.rewritten, isa)
        return self._programs[isa]

    @cached_property
    def _programs(self) -> dict[Isa, Program]:
        return {}

    @cached_property
    def rewritten(self) -> Graph:
        """The graph after all passes."""
        return run_passes(self.graph)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def prefix(self) -> str:
        """The default prefix of the generated names, from the file's name."""
        return prefix_from(self.path.stem)


def load(path: str | Path) -> Model:
    """Reads and verifies a .tflite file; raises InputRejected if it is not acceptable."""
    path = Path(path)
    result = load_tflite(path)
    model = Model(path, path.read_bytes(), result.graph, result.notes)
    return replace(model, notes=(*model.notes, *_savings(model)))


def load_as_is(path: str | Path) -> Model:
    """As `load`, but operators may be any, and nothing is rewritten: for other runtimes."""
    path = Path(path)
    result = load_any(path)
    return Model(path, path.read_bytes(), result.graph, result.notes)


def _savings(model: Model) -> tuple[str, ...]:
    """What the passes spare the device, where it is more than a detail."""
    before, after = model.graph.macs, model.rewritten.macs
    if after == before:
        return ()
    return (
        f"{before - after:,} of the file's {before:,} multiply-accumulates are left out: those of "
        "channels that hold one code for every input, and of results that are constant or unused",
    )
