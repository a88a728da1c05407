"""A model as TensorFlow Lite Micro runs it on one kind of core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import Graph, Operands
from mcugen.packs import PackLibrary
from mcugen.runtimes.runtime import Arena, ArenaPart, ArenaProbe, ArenaTrial, Live, Peak
from mcugen.runtimes.tflm.arena import ArenaEstimate
from mcugen.runtimes.tflm.emit import Library, emit_library
from mcugen.runtimes.tflm.int4 import Int4
from mcugen.runtimes.tflm.resolver import Registration

ALIGNMENT_BYTES = 16
ATTEMPTS = 4
"""How often a first arena that is too small is doubled."""


@dataclass(frozen=True)
class TflmLayer:
    """One operator and the registration that computes it."""

    operands: Operands
    kernel: str


@dataclass(frozen=True, eq=False)
class TflmProgram:
    """The model's file and what TFLM needs beside it.

    `int4` holds the bytes for flash; `layer_of` tells for each operator of the file's main subgraph
    which layer it is, -1 for those that only handle state. `given_arena_bytes` is a size that the
    user insists on.
    """

    graph: Graph
    layers: tuple[TflmLayer, ...]
    layer_of: tuple[int, ...]
    int4: Int4
    registrations: tuple[Registration, ...]
    variables: int
    libraries: tuple[PackLibrary, ...]
    int4_kernels: str
    estimate: ArenaEstimate
    arena: Arena
    given_arena_bytes: int | None = None
    is_settled: bool = False
    constants_source: str = "static (model file)"
    tries_arenas: bool = True

    @property
    def constants_bytes(self) -> int:
        return len(self.int4.model)

    @property
    def peak(self) -> Peak:
        """The tensors and scratch of the planner's head that are live at its fullest step."""
        steps = {b.first for b in self.estimate.head if b.first >= 0}
        live = {s: [b for b in self.estimate.head if b.first <= s <= b.last] for s in steps}
        if not live:
            return Peak((), "graph inputs")
        fullest = max(sorted(live), key=lambda s: sum(b.size_bytes for b in live[s]))
        found = sorted(live[fullest], key=lambda b: -b.size_bytes)
        shapes = {t.name: (t.shape, t.size_bytes) for t in self.graph.tensors if not t.is_constant}
        lives = []
        for b in found:
            name = f"scratch of {b.name}" if b.is_scratch else b.name
            bare: tuple[tuple[int, ...], int] = ((b.size_bytes,), b.size_bytes)
            shape, size = bare if b.is_scratch else shapes.get(b.name, bare)
            lives.append(Live(name, shape, size))
        return Peak(tuple(lives), self._step(fullest))

    def _step(self, step: int) -> str:
        """A step of the planner in words; it counts the operators from 1."""
        number = self.layer_of[step - 1] if 0 < step <= len(self.layer_of) else -1
        if number < 0:
            return "graph inputs" if step == 0 else f"step {step}"
        return f"{self.layers[number].operands.operator.name} (layer {number})"

    @property
    def facts(self) -> Mapping[str, object]:
        arena = self.arena
        return {
            "int4_kernels": self.int4_kernels,
            "given_arena_bytes": self.given_arena_bytes,
            "packs": [str(pack) for pack in self._packs],
            "libraries": [library.folder.name for library in self.libraries],
            "arena": {
                "size_bytes": arena.size_bytes,
                "head_bytes": arena.head_bytes,
                "tail_bytes": arena.tail_bytes,
                "source": arena.source,
            }
            if self.is_settled
            else None,
        }

    @property
    def _packs(self) -> list[object]:
        return list(dict.fromkeys(pack for library in self.libraries for pack in library.packs))

    def files(self, prefix: str, model_sha256: str) -> dict[str, str | bytes]:
        return emit_library(
            Library(
                graph=self.graph,
                layer_count=len(self.layers),
                layer_bytes=tuple(_output_bytes(layer.operands) for layer in self.layers),
                layer_of=self.layer_of,
                int4=self.int4,
                registrations=self.registrations,
                variables=self.variables,
                folders=tuple(_folder_name(library) for library in self.libraries),
                arena_bytes=self.arena.size_bytes,
            ),
            prefix,
            model_sha256,
        )

    def recalled(self, facts: Mapping[str, object]) -> TflmProgram:
        arena = facts.get("arena")
        keys = ("libraries", "int4_kernels", "given_arena_bytes")
        if any(facts.get(key) != self.facts[key] for key in keys) or not isinstance(arena, dict):
            return self
        size, head, tail = (arena.get(f"{name}_bytes") for name in ("size", "head", "tail"))
        sizes_are_sound = all(isinstance(n, int) and n >= 0 for n in (size, head, tail))
        if not sizes_are_sound or not isinstance(arena.get("source"), str):
            return self
        return self._with_arena(int(size or 0), int(head or 0), int(tail or 0), arena["source"])

    def settled(self, probe: ArenaProbe | None) -> TflmProgram:
        """With the smallest arena that serves, proved by runs of the firmware.

        The firmware starts and runs in it, and not in one that is 16 bytes smaller.
        """
        given = self.given_arena_bytes
        if given is not None and given < self.estimate.head_bytes:
            raise _too_small(given, self.estimate.arena_bytes)
        if self.is_settled:
            return self
        if probe is None:
            return replace(self, is_settled=True)
        least, trial = self._measure(probe)
        if given is not None and given < least:
            raise _too_small(given, least)
        source = f"emulator ({probe.place})"
        if given is not None:
            source = f"given; {least} serve, by the emulator ({probe.place})"
        return self._with_arena(given or least, trial.head_bytes, trial.tail_bytes, source)

    def _measure(self, probe: ArenaProbe) -> tuple[int, ArenaTrial]:
        """The smallest multiple of 16 that serves, and what the model makes of it."""
        capacity = _aligned(self.estimate.arena_bytes + self.estimate.margin_bytes)
        for _ in range(ATTEMPTS):
            roomy = self._with_arena(capacity, 0, 0, "for measuring")
            first = probe.try_arenas(roomy, [capacity])[0]
            if first.runs:
                break
            capacity *= 2
        else:
            raise McugenError(
                f"TensorFlow Lite Micro does not start on {probe.place}, even with an arena of "
                f"{capacity // 2} bytes",
                "please report it with the model, if you may",
            )
        guess = _aligned(first.head_bytes + first.tail_bytes)
        low, high, best = 0, capacity, first
        for size in (guess, guess - ALIGNMENT_BYTES):
            if low < size < high:
                trial = probe.try_arenas(roomy, [size])[0]
                low, high, best = (low, size, trial) if trial.runs else (size, high, best)
        while high - low > ALIGNMENT_BYTES:
            middle = _aligned((low + high) // 2)
            middle -= ALIGNMENT_BYTES if middle == high else 0
            trial = probe.try_arenas(roomy, [middle])[0]
            low, high, best = (low, middle, trial) if trial.runs else (middle, high, best)
        return high, best

    def _with_arena(self, size: int, head: int, tail: int, source: str) -> TflmProgram:
        arena = replace(
            self.arena, size_bytes=size, head_bytes=head, tail_bytes=tail, source=source
        )
        return replace(self, arena=arena, is_settled=True)


def estimated(estimate: ArenaEstimate, given_bytes: int | None) -> Arena:
    """The arena before anything has run: as given, or with the estimate's margin."""
    margin = estimate.margin_bytes
    return Arena(
        given_bytes or estimate.arena_bytes + margin,
        "given" if given_bytes else f"estimate, with a margin of {margin} bytes",
        lower_bound_bytes=estimate.head_bytes,
        is_optimal=False,
        head_bytes=estimate.head_bytes,
        tail_bytes=estimate.tail_bytes,
        parts=(*_head_parts(estimate), *_tail_parts(estimate)),
    )


def _head_parts(estimate: ArenaEstimate) -> Iterator[ArenaPart]:
    for b in estimate.head:
        kind = "scratch" if b.is_scratch else "tensor"
        yield ArenaPart(b.name, kind, b.size_bytes, b.offset_bytes)


def _tail_parts(estimate: ArenaEstimate) -> Iterator[ArenaPart]:
    return (ArenaPart(part.name, "record", part.size_bytes) for part in estimate.tail)


def _too_small(given: int, least: int) -> InputRejected:
    return InputRejected(
        f"an arena of {given:,} bytes is short by {least - given:,} bytes",
        f"give --arena-bytes {least} or more, or leave it out",
    )


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _output_bytes(x: Operands) -> int:
    """Bytes of the layer's first output where the arena holds it."""
    output = x.outputs[0] if x.outputs else None
    return 0 if output is None or output.is_constant else output.size_bytes


def _folder_name(library: PackLibrary) -> str:
    return Path(library.folder).name
