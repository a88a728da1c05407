"""Seeded local search over allocation orders, for instances that are too large to solve exactly."""

from __future__ import annotations

import random
from collections.abc import Callable

from mcugen.plan.problem import Placement, Problem, Span, first_fit, place

_PATIENCE = 40
"""Moves without a smaller arena after which the order is shaken."""
_SHAKES = 4
"""Random moves that make up one shake."""


def hill_climb(problem: Problem, start: Placement, work_limit: int, seed: int) -> Placement:
    """Returns a placement no larger than `start`, the same for the same arguments.

    A move takes a buffer at the top of the arena, or one of those that it is stacked on, and puts
    it in the order before, or in the place of, a neighbour that came earlier. A move is kept unless
    the arena grows. The search ends at the lower bound, or when about `work_limit` pairs of
    neighbours have been looked at.
    """
    # Only random() is promised to give the same numbers in every version of Python.
    draw = random.Random(seed).random
    best = current = start
    work = idle = 0
    while work < work_limit and best.arena_bytes > problem.lower_bound_bytes:
        if idle == _PATIENCE:
            order = best.order
            for _ in range(_SHAKES):
                i, j = int(draw() * len(order)), int(draw() * len(order))
                order = _moved(order, min(i, j), max(i, j), draw() < 0.5)
            current = place(problem, order)
            work += _work(problem, order)
            idle = 0
        else:
            early, late = _choose(problem, current, draw)
            order = _moved(current.order, early, late, draw() < 0.5)
            work += _work(problem, order[early:])
            current = _replaced(problem, current, order, early) or current
        idle += 1
        if current.arena_bytes < best.arena_bytes:
            best, idle = current, 0
    return best


def _work(problem: Problem, order: tuple[int, ...]) -> int:
    return sum(len(problem.neighbours[i]) + 1 for i in order)


def _choose(problem: Problem, current: Placement, draw: Callable[[], float]) -> tuple[int, int]:
    """Two positions in the order, the lower one first: a neighbour to overtake, and who does."""
    spans, sizes = current.spans, problem.size_bytes
    tops = [i for i in range(len(problem)) if spans[i][0] + sizes[i] == current.arena_bytes]
    chosen = tops[int(draw() * len(tops))]
    while spans[chosen][0] > 0 and draw() < 0.6:
        below = [j for j in problem.neighbours[chosen] if spans[j][1] == spans[chosen][0]]
        chosen = below[int(draw() * len(below))]
    position = {i: p for p, i in enumerate(current.order)}
    late = position[chosen]
    earlier = [position[j] for j in problem.neighbours[chosen] if position[j] < late]
    if not earlier:
        early = int(draw() * len(position))
        return min(early, late), max(early, late)
    return earlier[int(draw() * len(earlier))], late


def _moved(order: tuple[int, ...], early: int, late: int, swap: bool) -> tuple[int, ...]:
    if early == late:
        return order
    between = order[early + 1 : late]
    if swap:
        return (*order[:early], order[late], *between, order[early], *order[late + 1 :])
    return (*order[:early], order[late], order[early], *between, *order[late + 1 :])


def _replaced(
    problem: Problem, current: Placement, order: tuple[int, ...], start: int
) -> Placement | None:
    """The placement of `order`, which equals the current one before `start`; None if it grows."""
    spans: list[Span | None] = list(current.spans)
    for i in order[start:]:
        spans[i] = None
    if first_fit(problem, order, spans, start, current.arena_bytes) is None:
        return None
    complete = tuple(span for span in spans if span is not None)
    return Placement(order, complete, problem.height_bytes(complete))
