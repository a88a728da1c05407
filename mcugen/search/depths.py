"""Candidates of several depths.

Blocks of a supernet share what they learn: how many of them pay in a network that is trained alone
only shows where it is. So the search's widths are tried with fewer blocks as well, and beside them
networks of even widths, which a search has to be better than.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mcugen.search.baselines import uniform_selection
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import Candidate, expected
from mcugen.search.scaling import smallest_kernels, widest
from mcugen.search.space import Selection
from mcugen.search.walk import Floats

MOST_DEPTHS = 5


def depths(
    model: CostModel, probabilities: Sequence[Floats], budgets: Budgets
) -> tuple[Candidate, ...]:
    """Networks within the budgets with fewer and fewer blocks, the least likely ones left out.

    Widths have the proportions of the expected ones, or are even, and use the budgets. They
    begin with the likeliest kernels; where widths are even with the largest, and the smallest.
    """
    found: dict[Selection, Candidate] = {}
    starts = {
        "expected widths": expected(model.space, probabilities),
        "even widths": widest(model.space),
    }
    if any(decision.field == "kernel" for decision in model.space.decisions):
        small = smallest_kernels(widest(model.space), model.space)
        starts["even widths, smallest kernels"] = small
    for name, proportions in starts.items():
        for left_out, start in _shallower(model, probabilities, proportions):
            selection = uniform_selection(model, budgets, start)
            origin = f"{name}, blocks left out: {left_out}"
            costs = model.of_selection(selection)
            if budgets.allow(costs):
                found.setdefault(selection, Candidate(selection, costs, origin, ()))
    return tuple(found.values())


def _shallower(
    model: CostModel, probabilities: Sequence[Floats], start: Selection
) -> Iterator[tuple[int, Selection]]:
    """How many blocks are left out, and the choices: none first, all that can be at last."""
    kept = [
        (float(probabilities[i][1]), i)
        for i, (decision, choice) in enumerate(zip(model.space.decisions, start, strict=True))
        if decision.field == "keep" and choice
    ]
    order = [index for _, index in sorted(kept)]
    steps = np.linspace(0, len(order), min(MOST_DEPTHS, len(order) + 1))
    for count in map(round, steps):
        left_out = set(order[:count])
        yield count, tuple(0 if i in left_out else choice for i, choice in enumerate(start))
