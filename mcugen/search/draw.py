"""Random networks of a space, from narrow to wide.

Choices that are drawn one by one, independently, average out: networks of many blocks would all
cost nearly the same, and nothing could be fitted to them. So how wide and how deep a network is
is drawn first, and choices around that.
"""

from __future__ import annotations

import numpy as np

from mcugen.errors import InputRejected
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.space import Decision, Selection, Space

LEAST_SHARE = 0.1
"""Of the widest widths, that the narrowest networks have: operations go with its square."""

SPREAD = 1.5
"""Factor by which a single width may be off its network's share."""

TRIES = 1000


def draw(space: Space, rng: np.random.Generator) -> Selection:
    """One network.

    Its share of the widest widths is log-uniform from LEAST_SHARE to 1, and each width is the
    choice nearest to that share of its widest one times a log-uniform factor from 1/SPREAD to
    SPREAD. Optional blocks are there with a probability that is uniform for each network. Bits and
    kernels are uniform for each block.
    """
    share, kept = LEAST_SHARE ** rng.random(), rng.random()
    return tuple(_choice(decision, share, kept, rng) for decision in space.decisions)


def draw_fitting(model: CostModel, budgets: Budgets, seed: int, number: int) -> Selection:
    """The network with this number of those that `seed` gives: the first draw within the budgets.

    Raises InputRejected where there is none among TRIES.
    """
    rng = np.random.default_rng([seed, number])
    for _ in range(TRIES):
        selection = draw(model.space, rng)
        if budgets.allow(model.of_selection(selection)):
            return selection
    raise InputRejected(
        f"none of {TRIES} random networks of the space {model.space.name!r} keeps {budgets}",
        "take a larger board, or a space with narrower choices",
    )


def _choice(decision: Decision, share: float, kept: float, rng: np.random.Generator) -> int:
    if decision.field == "keep":
        return int(rng.random() < kept)
    if decision.field in ("bits", "kernel"):
        return int(rng.integers(len(decision.choices)))
    widths = np.array(decision.choices, np.float64)
    wanted = widths[-1] * share * SPREAD ** rng.uniform(-1.0, 1.0)
    return int(np.argmin(np.abs(widths - wanted)))
