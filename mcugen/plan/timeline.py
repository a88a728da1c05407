"""What a picture of the arena over time shows: bytes against steps, and what makes the peak.

All of it is plain data: `dataclasses.asdict` gives what `json.dumps` takes. Names are those of the
model, unescaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcugen.plan.arena import Allocation
from mcugen.plan.lifetimes import Lifetimes, ScratchUse, TensorUse, live_bytes


@dataclass(frozen=True)
class Bar:
    """A buffer as a rectangle: steps `first`..`last` across, bytes up; and the tensors in it."""

    name: str
    offset_bytes: int
    size_bytes: int
    first: int
    last: int
    tensors: tuple[str, ...]


@dataclass(frozen=True)
class StepUsage:
    """One step: bytes of the live buffers, and the names of the live tensors and scratches."""

    step: int
    live_bytes: int
    live: tuple[str, ...]


@dataclass(frozen=True)
class Timeline:
    """The arena from step -1 (inputs are written) to step n_steps (outputs are read).

    `peak_step` is the first step with the most live bytes, `peak_bytes` those, and `peak` the
    buffers that make it up, largest first. The arena exceeds the peak by padding, and by gaps
    where the allocation is not optimal.
    """

    arena_bytes: int
    bars: tuple[Bar, ...]
    steps: tuple[StepUsage, ...]
    peak_step: int
    peak_bytes: int
    peak: tuple[Bar, ...]


def make_timeline(
    tensors: Sequence[TensorUse],
    scratch: Sequence[ScratchUse],
    lifetimes: Lifetimes,
    allocation: Allocation,
) -> Timeline:
    """Joins what `plan_lifetimes` was given, what it returned, and `allocate`'s answer to that."""
    bars = _bars(tensors, scratch, lifetimes, allocation)
    live = _live_names(tensors, scratch, lifetimes.n_steps)
    used = live_bytes(lifetimes.buffers, lifetimes.n_steps)
    peak_bytes = max(used)
    peak_step = used.index(peak_bytes) - 1
    peak = [bar for bar in bars if bar.first <= peak_step <= bar.last and bar.size_bytes]
    return Timeline(
        arena_bytes=allocation.arena_bytes,
        bars=bars,
        steps=tuple(
            StepUsage(i - 1, size_bytes, names)
            for i, (size_bytes, names) in enumerate(zip(used, live, strict=True))
        ),
        peak_step=peak_step,
        peak_bytes=peak_bytes,
        peak=tuple(sorted(peak, key=lambda bar: -bar.size_bytes)),
    )


def _bars(
    tensors: Sequence[TensorUse],
    scratch: Sequence[ScratchUse],
    lifetimes: Lifetimes,
    allocation: Allocation,
) -> tuple[Bar, ...]:
    held: list[list[str]] = [[] for _ in lifetimes.buffers]
    for tensor, i in zip(tensors, lifetimes.buffer_of_tensor, strict=True):
        held[i].append(tensor.name)
    for need, i in zip(scratch, lifetimes.buffer_of_scratch, strict=True):
        held[i].append(need.name)
    return tuple(
        Bar(buffer.name, offset, buffer.size_bytes, buffer.first, buffer.last, tuple(names))
        for buffer, offset, names in zip(lifetimes.buffers, allocation.offsets, held, strict=True)
    )


def _live_names(
    tensors: Sequence[TensorUse], scratch: Sequence[ScratchUse], n_steps: int
) -> list[tuple[str, ...]]:
    live: list[list[str]] = [[] for _ in range(n_steps + 2)]
    for use in tensors:
        first = -1 if use.persistent else use.producer_step
        last = n_steps if use.persistent else use.last_step
        for step in range(first, last + 1):
            live[step + 1].append(use.name)
    for need in scratch:
        live[need.step + 1].append(need.name)
    return [tuple(names) for names in live]
