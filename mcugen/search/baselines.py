"""What a search is to be compared with: networks of the same budgets that nobody searched for."""

from __future__ import annotations

from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import fitted
from mcugen.search.scaling import scaled_within, widest
from mcugen.search.space import Selection
from mcugen.search.walk import one_hot


def uniform_selection(
    model: CostModel, budgets: Budgets, proportions: Selection | None = None
) -> Selection:
    """A network, by default the widest, with all widths scaled alike to use the budgets.

    What remains of the budgets then goes where candidates' repairs would put it.
    """
    start = scaled_within(model, budgets, proportions or widest(model.space))
    return fitted(model, start, budgets, one_hot(model.space, start)).selection
