"""Allocation orders that need no search; first-fit placement of the best one starts the search."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.plan.problem import Problem


def greedy_orders(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Orders to try, the one by size first. Ties keep the order of the buffers.

    By size and by breadth are from Pisarchyk and Lee, "Efficient Memory Management for Deep Neural
    Net Inference" (2020); the rest are the orders that interval colouring suggests.
    """
    size, first, last = problem.size_bytes, problem.first, problem.last
    every = range(len(problem))
    yield tuple(sorted(every, key=lambda i: -size[i]))
    yield by_breadth(problem)
    yield tuple(sorted(every, key=lambda i: (first[i], -size[i])))
    yield tuple(sorted(every, key=lambda i: (-last[i], -size[i])))
    yield tuple(sorted(every, key=lambda i: -size[i] * (last[i] - first[i] + 1)))
    yield tuple(sorted(every, key=lambda i: (first[i] - last[i], -size[i])))


def by_breadth(problem: Problem) -> tuple[int, ...]:
    """The buffers of the fullest step, largest first, then those of the next fullest, and so on.

    A step counts as full as the padded sizes of the buffers that are live in it. Only the steps in
    which a buffer becomes live matter: the live set of any other is a part of an earlier one.
    """
    breadth: list[tuple[int, int]] = []
    live_bytes = 0
    events = [(begin, 0, i) for i, begin in enumerate(problem.first)]
    events += [(end, 1, i) for i, end in enumerate(problem.last)]
    for _, ends, i in sorted(events):
        live_bytes += -problem.padded_bytes[i] if ends else problem.padded_bytes[i]
        if not ends:
            breadth.append((-live_bytes, i))
    order: dict[int, None] = {}
    for _, i in sorted(breadth):
        step = problem.first[i]
        live = [
            i,
            *(j for j in problem.neighbours[i] if problem.first[j] <= step <= problem.last[j]),
        ]
        order |= dict.fromkeys(sorted(live, key=lambda j: (-problem.size_bytes[j], j)))
    return tuple(order)
