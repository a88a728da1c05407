"""From probabilities of choices to networks that keep within the budgets.

What a decision wants is the distribution of its choices. A network serves as much of it as its own
choice reaches: of widths X, the expectation of min(X, own width). Repair gives up least of that for
each share of a budget that it wins back; filling takes most for each share that it spends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.errors import McugenError
from mcugen.search.budgets import Budgets, check_possible
from mcugen.search.costs import CostModel, Costs
from mcugen.search.space import Selection, Space
from mcugen.search.walk import Floats, one_hot

STEP_WORTH = 0.1
"""What a step in bits or to a larger kernel counts, where that of a node's being there counts 1."""

LEAST_MASS = 1e-3
"""Widths and bits that have no probability still count so much: room in the budgets is for use."""

SMOOTHNESS = 0.02
"""Of memory while choices are compared: all steps near the largest count."""

ROOM = 1.05
"""Where a budget's last part would count without bound: smoothed memory may exceed it a little."""

LEAST_USE = 0.9
"""Share of the binding budget that networks drawn at random use at least."""


@dataclass(frozen=True)
class Change:
    """A decision whose choice was moved to keep within the budgets, or to use them."""

    node: int
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Candidate:
    """A network within the budgets: how its choices were read, and what was changed then."""

    selection: Selection
    costs: Costs
    origin: str
    changes: tuple[Change, ...]


def candidates(
    model: CostModel,
    probabilities: Sequence[Floats],
    budgets: Budgets,
    *,
    samples: int = 4,
    seed: int = 0,
) -> tuple[Candidate, ...]:
    """Networks within the budgets, each once: by expected widths, by likeliest choices, sampled.

    The same arguments give the same networks. Raises InputRejected for budgets that no network of
    the space can keep.
    """
    check_possible(model, budgets)
    rng = np.random.default_rng(seed)
    starts = [
        ("expected widths", expected(model.space, probabilities)),
        ("likeliest choices", tuple(int(np.argmax(p)) for p in probabilities)),
        *((f"sample {i}", _drawn(probabilities, rng)) for i in range(samples)),
    ]
    found: dict[Selection, Candidate] = {}
    for origin, start in starts:
        candidate = fitted(model, start, budgets, probabilities, origin)
        found.setdefault(candidate.selection, candidate)
    return tuple(found.values())


def expected(space: Space, probabilities: Sequence[Floats]) -> Selection:
    """The choices nearest to the expected widths; of other decisions the likeliest ones."""
    chosen = []
    for decision, p in zip(space.decisions, probabilities, strict=True):
        if decision.field in ("channels", "expansion"):
            values = np.array(decision.choices, np.float64)
            chosen.append(int(np.argmin(np.abs(values - values @ np.asarray(p, np.float64)))))
        elif decision.field == "keep":
            chosen.append(int(p[1] >= 0.5))
        else:
            chosen.append(int(np.argmax(p)))
    return tuple(chosen)


def fitted(
    model: CostModel,
    start: Selection,
    budgets: Budgets,
    probabilities: Sequence[Floats],
    origin: str = "",
) -> Candidate:
    """The network of `start`, brought within the budgets and grown to use them."""
    search = _Search(model, budgets, _worths(model.space, probabilities))
    selection = search.repaired(start)
    if budgets.limits:
        selection = search.filled(selection)
    changes = changes_between(model.space, start, selection)
    return Candidate(selection, model.of_selection(selection), origin, changes)


def repaired(
    model: CostModel,
    start: Selection,
    budgets: Budgets,
    probabilities: Sequence[Floats] | None = None,
) -> Selection:
    """The choices of `start`, some of them smaller so that the network keeps the budgets.

    Without probabilities every decision wants what it has. Raises InputRejected for budgets that no
    network of the space can keep.
    """
    check_possible(model, budgets)
    wanted = probabilities or one_hot(model.space, start)
    return _Search(model, budgets, _worths(model.space, wanted)).repaired(start)


def changes_between(space: Space, before: Selection, after: Selection) -> tuple[Change, ...]:
    """The decisions that differ."""
    return tuple(
        Change(decision.node, decision.field, decision.choices[a], decision.choices[b])
        for decision, a, b in zip(space.decisions, before, after, strict=True)
        if a != b
    )


def random_selections(
    model: CostModel, budgets: Budgets, count: int, seed: int = 0
) -> tuple[Selection, ...]:
    """Networks at random that keep the budgets and use LEAST_USE of the binding one.

    Choices are drawn uniformly; then random ones of them go down until the network fits, or up
    while it does. Raises InputRejected if none can fit, McugenError if none uses so much.
    """
    check_possible(model, budgets)
    rng = np.random.default_rng(seed)
    found: list[Selection] = []
    for _ in range(50 * count):
        if len(found) == count:
            break
        selection = _at_random(model, budgets, rng)
        binding = budgets.binding(model.of_selection(selection))
        if binding is None or binding[1] >= LEAST_USE:
            found.append(selection)
    if len(found) < count:
        raise McugenError(
            f"only {len(found)} of {count} random networks of {model.space.name!r} use "
            f"{LEAST_USE:.0%} of a budget",
            "the budgets may be larger than the largest network: lower them",
        )
    return tuple(found)


def _drawn(probabilities: Sequence[Floats], rng: np.random.Generator) -> Selection:
    shares = (np.asarray(p, np.float64) for p in probabilities)
    return tuple(int(rng.choice(len(p), p=p / p.sum())) for p in shares)


def _worths(space: Space, probabilities: Sequence[Floats]) -> list[Floats]:
    shares = (np.asarray(p, np.float64) for p in probabilities)
    return [_worth(space, i, p) for i, p in enumerate(shares)]


def _worth(space: Space, index: int, p: Floats) -> Floats:
    """What is served of a decision's distribution by each of its choices, relative to all of it."""
    decision = space.decisions[index]
    only_wanted = decision.field in ("keep", "kernel")
    reached = np.cumsum(p[::-1])[::-1] + (0.0 if only_wanted else LEAST_MASS)
    if decision.field in ("channels", "expansion"):
        values = np.array(decision.choices, np.float64)
        steps = np.diff(values, prepend=0.0) / (values @ p)
    else:
        step = 1.0 if decision.field == "keep" else STEP_WORTH
        steps = np.where(np.arange(len(p)) > 0, step, 0.0)
    worth: Floats = np.cumsum(reached * steps)
    return worth


@dataclass
class _Search:
    """Moves of single decisions, the best ones first."""

    model: CostModel
    budgets: Budgets
    worth: Sequence[Floats]

    def repaired(self, selection: Selection) -> Selection:
        """The network made smaller until it is within the budgets. InputRejected if none is."""
        while not self.budgets.allow(self.model.of_selection(selection)):
            excess = self._excess(selection)
            ranked: list[tuple[float, int, int]] = []
            for index, target in _moves(self.model.space, selection, -1, min(excess, 1.0) / 8):
                won = excess - self._excess(_moved(selection, index, target))
                lost = self.worth[index][selection[index]] - self.worth[index][target]
                ranked.append((lost / won if won > 0 else np.inf, index, target))
            if not ranked:  # smaller choices are not always cheaper
                return check_possible(self.model, self.budgets)
            for _, index, target in _best(ranked):
                selection = _moved(selection, index, target)
                if self.budgets.allow(self.model.of_selection(selection)):
                    break
        return selection

    def filled(self, selection: Selection) -> Selection:
        """The network made larger as long as it stays within the budgets, in ever smaller steps."""
        for share in (1 / 8, 1 / 32, 0.0):
            # What does not fit now will not fit once others have grown.
            closed: set[int] = set()
            while True:
                taken = self._taken(selection)
                ranked: list[tuple[float, int, int]] = []
                for index, target in _moves(self.model.space, selection, 1, share):
                    if index in closed:
                        continue
                    moved = _moved(selection, index, target)
                    won = self.worth[index][target] - self.worth[index][selection[index]]
                    if won <= 0.0 or not self.budgets.allow(self.model.of_selection(moved)):
                        closed.add(index)
                        continue
                    price = max(self._taken(moved) - taken, 1e-9)
                    ranked.append((-won / price, index, target))
                if not ranked:
                    break
                for _, index, target in _best(ranked):
                    moved = _moved(selection, index, target)
                    if self.budgets.allow(self.model.of_selection(moved)):
                        selection = moved
        return selection

    def _excess(self, selection: Selection) -> float:
        """The sum of what is too much, as shares of the budgets."""
        _, smooth = self.model.exact_and_smooth(selection, SMOOTHNESS)
        return float(sum(max(e, 0.0) for e in self.budgets.excesses(smooth).values()))

    def _taken(self, selection: Selection) -> float:
        """What is gone of the budgets: the less is left of one, the more its last part counts."""
        _, smooth = self.model.exact_and_smooth(selection, SMOOTHNESS)
        left = (max(ROOM - use, 1e-3) for use in self.budgets.uses(smooth).values())
        return -float(sum(np.log(share) for share in left))


def _best(ranked: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """The better quarter of the moves, as far as they are about as good as the best one.

    They are made before all are compared again.
    """
    ordered = sorted(ranked)[: -(-len(ranked) // 4)]
    least = ordered[0][0]
    return [move for move in ordered if move[0] <= least + abs(least) / 2]


def _moved(selection: Selection, index: int, target: int) -> Selection:
    return (*selection[:index], target, *selection[index + 1 :])


def _moves(
    space: Space, selection: Selection, direction: int, share: float = 0.0
) -> Iterator[tuple[int, int]]:
    """Decisions and where each would move: one choice on, or a `share` of all its choices.

    Those of nodes that are left out change nothing, and are passed over.
    """
    left_out = {
        d.node
        for d, choice in zip(space.decisions, selection, strict=True)
        if d.field == "keep" and not choice
    }
    for index, (decision, choice) in enumerate(zip(space.decisions, selection, strict=True)):
        last = len(decision.choices) - 1
        if decision.node in left_out and decision.field != "keep":
            continue
        step = max(1, int(last * share))
        target = min(max(choice + direction * step, 0), last)
        if target != choice:
            yield index, target


def _at_random(model: CostModel, budgets: Budgets, rng: np.random.Generator) -> Selection:
    selection = model.space.sample(rng)
    while not budgets.allow(model.of_selection(selection)):
        moves = list(_moves(model.space, selection, -1))
        if not moves:
            selection = check_possible(model, budgets)
            break
        selection = _moved(selection, *moves[int(rng.integers(len(moves)))])
    moves = list(_moves(model.space, selection, 1))
    while moves:
        binding = budgets.binding(model.of_selection(selection))
        if binding is None or binding[1] >= LEAST_USE:
            break
        moved = _moved(selection, *moves.pop(int(rng.integers(len(moves)))))
        if budgets.allow(model.of_selection(moved)):
            selection = moved
            moves = list(_moves(model.space, selection, 1))
    return selection
