"""The arena packing problem in the form that the search strategies work on.

Dynamic storage allocation: buffers are rectangles with a fixed extent in time and a fixed height
in bytes; only their offsets are free, and two that are live in one step must not overlap.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]
"""A placed buffer: its offset and its padded end (the next aligned offset after it), in bytes."""


@dataclass(frozen=True)
class Problem:
    """One packing instance; the tuples are parallel, one entry a buffer of at least one byte.

    `padded_bytes` is the size rounded up to the alignment: what a buffer takes away from the one
    above it. `neighbours` are the buffers that share a step with this one.
    """

    size_bytes: tuple[int, ...]
    padded_bytes: tuple[int, ...]
    first: tuple[int, ...]
    last: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    lower_bound_bytes: int

    def __len__(self) -> int:
        return len(self.size_bytes)

    def height_bytes(self, spans: Sequence[Span]) -> int:
        """Arena bytes of a complete placement: the highest unpadded end."""
        return max((spans[i][0] + self.size_bytes[i] for i in range(len(self))), default=0)


@dataclass(frozen=True)
class Placement:
    """A complete placement, the arena that it needs, and the order that `first_fit` made it of."""

    order: tuple[int, ...]
    spans: tuple[Span, ...]
    arena_bytes: int


def make_problem(
    size_bytes: Sequence[int], first: Sequence[int], last: Sequence[int], alignment: int
) -> Problem:
    """Derives conflicts and the lower bound. Sizes must be positive, and first <= last."""
    padded = tuple(-(-size // alignment) * alignment for size in size_bytes)
    return Problem(
        size_bytes=tuple(size_bytes),
        padded_bytes=padded,
        first=tuple(first),
        last=tuple(last),
        neighbours=_neighbours(first, last),
        lower_bound_bytes=_lower_bound(size_bytes, padded, first, last),
    )


def _neighbours(first: Sequence[int], last: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    found: list[list[int]] = [[] for _ in first]
    active: list[int] = []
    for i in sorted(range(len(first)), key=lambda i: first[i]):
        active = [j for j in active if last[j] >= first[i]]
        for j in active:
            found[i].append(j)
            found[j].append(i)
        active.append(i)
    return tuple(tuple(sorted(near)) for near in found)


def _lower_bound(
    size_bytes: Sequence[int], padded: Sequence[int], first: Sequence[int], last: Sequence[int]
) -> int:
    """Bytes that no placement can do without.

    Take the buffers that are live in one step, in the order of their offsets. They are disjoint
    and begin at aligned offsets, so each but the topmost keeps the next one away by its padded
    size, and the topmost adds its bare size. The arena is therefore at least the sum of the
    padded sizes less one padding, and never below that sum less the largest padding. The bound
    is the maximum over all steps; it only rises where a buffer becomes live.
    """
    bound = live_bytes = 0
    by_end: list[tuple[int, int]] = []
    by_padding: list[tuple[int, int]] = []
    for i in sorted(range(len(first)), key=lambda i: first[i]):
        while by_end and by_end[0][0] < first[i]:
            live_bytes -= heapq.heappop(by_end)[1]
        heapq.heappush(by_end, (last[i], padded[i]))
        heapq.heappush(by_padding, (size_bytes[i] - padded[i], last[i]))
        live_bytes += padded[i]
        while by_padding[0][1] < first[i]:
            heapq.heappop(by_padding)
        bound = max(bound, live_bytes + by_padding[0][0])
    return bound


def first_fit(
    problem: Problem,
    order: Sequence[int],
    spans: list[Span | None],
    start: int = 0,
    limit_bytes: int | None = None,
) -> int | None:
    """Places `order[start:]`, one after the other, each at the lowest offset that is free.

    `spans` holds the placement of `order[:start]` and None for the rest; it is filled in place.
    Returns the highest end among the buffers placed here, in bytes, or None as soon as one ends
    above `limit_bytes` (`spans` is then incomplete). Some order gives an optimal placement: that
    of an optimal placement's offsets, since no buffer then lands above where it was.
    """
    top = 0
    for i in order[start:]:
        size = problem.size_bytes[i]
        offset = 0
        for begin, end in sorted([s for j in problem.neighbours[i] if (s := spans[j])]):
            if begin - offset >= size:
                break
            if end > offset:
                offset = end
        if offset + size > top:
            top = offset + size
            if limit_bytes is not None and top > limit_bytes:
                return None
        spans[i] = (offset, offset + problem.padded_bytes[i])
    return top


def place(problem: Problem, order: Sequence[int]) -> Placement:
    """The complete first-fit placement of one order."""
    spans: list[Span | None] = [None] * len(problem)
    first_fit(problem, order, spans)
    complete = tuple(span for span in spans if span is not None)
    return Placement(tuple(order), complete, problem.height_bytes(complete))
