"""Exact search for the smallest arena, for instances of a few dozen buffers."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcugen.plan.problem import Placement, Problem, Span


def branch_and_bound(problem: Problem, start: Placement, node_limit: int) -> Placement:
    """Returns a placement no larger than `start`, the optimum if `node_limit` nodes suffice.

    A node places one more buffer, in the order of rising offsets, directly upon the highest of its
    neighbours placed so far. Among the optimal placements, one with the smallest sum of offsets is
    reached in this way: each of its buffers rests on a neighbour or on the ground, and none fits
    into a gap below, which is what discards the rest (semi-active and active schedules in the
    terms of job-shop scheduling: Giffler and Thompson, 1960).
    """
    search = _Search(problem, _cliques(problem), node_limit, start.arena_bytes)
    search.descend(0, -1)
    if not search.best:
        return start
    spans = tuple(search.best)
    order = tuple(sorted(range(len(problem)), key=lambda i: (spans[i][0], i)))
    return Placement(order, spans, search.best_bytes)


def _cliques(problem: Problem) -> list[list[int]]:
    """The largest sets of buffers that are live together, in the order of time."""
    cliques: list[list[int]] = []
    live: list[int] = []
    growing = False
    events = [(begin, 0, i) for i, begin in enumerate(problem.first)]
    events += [(end, 1, i) for i, end in enumerate(problem.last)]
    for _, ends, i in sorted(events):
        if ends and growing:
            cliques.append(list(live))
        growing = not ends
        if ends:
            live.remove(i)
        else:
            live.append(i)
    return cliques


@dataclass
class _Search:
    problem: Problem
    cliques: list[list[int]]
    nodes_left: int
    best_bytes: int
    best: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        problem = self.problem
        # A clique's ground is the highest padded end in it, its rest what is still to come.
        self.ground = [0] * len(self.cliques)
        self.rest = [sum(problem.padded_bytes[i] for i in clique) for clique in self.cliques]
        self.padding = [
            max(problem.padded_bytes[i] - problem.size_bytes[i] for i in clique)
            for clique in self.cliques
        ]
        self.member: list[list[int]] = [[] for _ in range(len(problem))]
        for c, clique in enumerate(self.cliques):
            for i in clique:
                self.member[i].append(c)
        self.offset: dict[int, int] = {}

    def descend(self, floor: int, previous: int) -> None:
        """Completes the placement in all ways, with no buffer below `floor`, and keeps the best."""
        if self.nodes_left <= 0 or self.best_bytes <= self.problem.lower_bound_bytes:
            return
        self.nodes_left -= 1
        if len(self.offset) == len(self.problem):
            self._keep()
            return
        if self._hopeless(floor):
            return
        padded = self.problem.padded_bytes
        rests = {
            i: max(self.ground[c] for c in self.member[i])
            for i in range(len(self.problem))
            if i not in self.offset
        }
        # A buffer that would begin above another's earliest end leaves a gap where that one fits.
        ceiling = min(offset + padded[i] for i, offset in rests.items())
        choices = sorted(
            (offset, -padded[i], i)
            for i, offset in rests.items()
            if offset < ceiling and (offset, i) > (floor, previous)
        )
        for offset, _, i in choices:
            grounds = [self.ground[c] for c in self.member[i]]
            self.offset[i] = offset
            for c in self.member[i]:
                self.ground[c] = offset + padded[i]
                self.rest[c] -= padded[i]
            self.descend(offset, i)
            for c, ground in zip(self.member[i], grounds, strict=True):
                self.ground[c] = ground
                self.rest[c] += padded[i]
            del self.offset[i]

    def _hopeless(self, floor: int) -> bool:
        return any(
            rest and max(ground, floor) + rest - padding >= self.best_bytes
            for ground, rest, padding in zip(self.ground, self.rest, self.padding, strict=True)
        )

    def _keep(self) -> None:
        padded = self.problem.padded_bytes
        spans = [(self.offset[i], self.offset[i] + padded[i]) for i in range(len(self.problem))]
        arena_bytes = self.problem.height_bytes(spans)
        if arena_bytes < self.best_bytes:
            self.best_bytes, self.best = arena_bytes, spans
