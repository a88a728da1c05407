"""What a search is to be compared with: networks of the same budgets that nobody searched for."""

from __future__ import annotations

import numpy as np

from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import fitted
from mcugen.search.space import Decision, Selection
from mcugen.search.walk import one_hot

SCALES = 200


def uniform_selection(model: CostModel, budgets: Budgets) -> Selection:
    """The widest network scaled by one share in all its layers, as large as the budgets allow.

    No block is left out while that can be helped, and bits are the most there are. What remains of
    the budgets goes where candidates' repairs would put it.
    """
    start = scaled_within(model, budgets)
    return fitted(model, start, budgets, one_hot(model.space, start)).selection


def scaled_within(model: CostModel, budgets: Budgets) -> Selection:
    """The largest of the networks whose layers all have the same share of their widths.

    The narrowest one if not even that keeps the budgets.
    """
    for share in np.linspace(1.0, 0.0, SCALES + 1):
        selection = _scaled(model, float(share))
        if budgets.allow(model.of_selection(selection)):
            return selection
    return selection


def _scaled(model: CostModel, share: float) -> Selection:
    return tuple(_choice(decision, share) for decision in model.space.decisions)


def _choice(decision: Decision, share: float) -> int:
    """The choice nearest to a share of the largest width."""
    if decision.field not in ("channels", "expansion"):
        return len(decision.choices) - 1
    widths = np.array(decision.choices, np.float64)
    return int(np.argmin(np.abs(widths - share * widths[-1])))
