"""Arena planner: offsets for buffers so that those live at the same time do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcugen.plan.branch_and_bound import branch_and_bound
from mcugen.plan.greedy import greedy_orders
from mcugen.plan.hill_climb import hill_climb
from mcugen.plan.problem import Placement, Problem, make_problem, place

# Effort is counted, never timed, so that a plan does not depend on the machine that made it.
_EXACT_BUFFERS = 40
_EXACT_NODES = 3_000
_WORK_LIMIT = 2_000_000
"""Pairs of neighbours that the search may look at: a few tenths of a second."""


@dataclass(frozen=True)
class Buffer:
    """`size_bytes` of storage, live in every step from `first` to `last`, both included."""

    name: str
    size_bytes: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.size_bytes < 0 or self.first > self.last:
            raise ValueError(f"buffer {self.name!r}: negative size, or last step before the first")


@dataclass(frozen=True)
class Allocation:
    """Where each buffer lies.

    `offsets` are in bytes, parallel to the buffers. `arena_bytes` is the highest end of a buffer.
    No allocation is smaller than `lower_bound_bytes`, and `optimal` says that it is reached; where
    it is not, a smaller arena may or may not exist.
    """

    offsets: tuple[int, ...]
    arena_bytes: int
    lower_bound_bytes: int
    optimal: bool


def allocate(buffers: Sequence[Buffer], alignment: int = 4, seed: int = 0) -> Allocation:
    """Places `buffers` in an arena, at multiples of `alignment` bytes.

    Tries greedy orders, then an exact search (small instances) and a hill-climb seeded with
    `seed`, and stops as soon as the lower bound is reached. The arena is never larger than
    greedy-by-size makes it, and equal arguments give equal plans. A buffer of no bytes has
    offset 0 and is in nobody's way. Raises ValueError where `alignment` is not a power of two.
    """
    if alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"alignment must be a power of two, not {alignment}")
    # The bound and the search see buffers that take room only.
    taking = [i for i, buffer in enumerate(buffers) if buffer.size_bytes]
    problem = make_problem(
        [buffers[i].size_bytes for i in taking],
        [buffers[i].first for i in taking],
        [buffers[i].last for i in taking],
        alignment,
    )
    best = _solve(problem, seed)
    offsets = [0] * len(buffers)
    for i, span in zip(taking, best.spans, strict=True):
        offsets[i] = span[0]
    return Allocation(
        offsets=tuple(offsets),
        arena_bytes=best.arena_bytes,
        lower_bound_bytes=problem.lower_bound_bytes,
        optimal=best.arena_bytes == problem.lower_bound_bytes,
    )


def _solve(problem: Problem, seed: int) -> Placement:
    placement_work = len(problem) + sum(map(len, problem.neighbours))
    work_left = _WORK_LIMIT
    best: Placement | None = None
    for order in greedy_orders(problem):
        placement = place(problem, order)
        if best is None or placement.arena_bytes < best.arena_bytes:
            best = placement
        work_left -= placement_work
        if best.arena_bytes == problem.lower_bound_bytes or work_left <= 0:
            return best
    assert best is not None  # the first order always gets its turn
    if len(problem) <= _EXACT_BUFFERS:
        best = branch_and_bound(problem, best, _EXACT_NODES)
    return hill_climb(problem, best, work_left, seed)
