"""Networks whose widths keep their proportions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.space import Decision, Selection, Space

WIDTHS = ("channels", "expansion")
HALVINGS = 16


def widest(space: Space) -> Selection:
    """The last choices: the widest network, all blocks there, with the most bits."""
    return tuple(len(decision.choices) - 1 for decision in space.decisions)


def smallest_kernels(selection: Selection, space: Space) -> Selection:
    """The same choices but for kernels: the first ones."""
    return tuple(
        0 if decision.field == "kernel" else choice
        for decision, choice in zip(space.decisions, selection, strict=True)
    )


def scaled_within(model: CostModel, budgets: Budgets, proportions: Selection) -> Selection:
    """The widest network of these proportions that keeps the budgets.

    Widths are the choices nearest to a common multiple of those in `proportions`, all other choices
    are the same. The narrowest such network if none keeps the budgets.
    """
    decisions = model.space.decisions
    scale = max(
        (
            _widths(d)[-1] / _widths(d)[choice]
            for d, choice in zip(decisions, proportions, strict=True)
            if d.field in WIDTHS
        ),
        default=1.0,
    )
    found = _scaled(decisions, proportions, scale)
    if budgets.allow(model.of_selection(found)):
        return found
    low, high = 0.0, scale
    found = _scaled(decisions, proportions, low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        selection = _scaled(decisions, proportions, middle)
        if budgets.allow(model.of_selection(selection)):
            low, found = middle, selection
        else:
            high = middle
    return found


def _scaled(decisions: tuple[Decision, ...], proportions: Selection, scale: float) -> Selection:
    return tuple(
        int(np.argmin(np.abs(_widths(d) - scale * _widths(d)[choice])))
        if d.field in WIDTHS
        else choice
        for d, choice in zip(decisions, proportions, strict=True)
    )


def _widths(decision: Decision) -> npt.NDArray[np.float64]:
    return np.array(decision.choices, np.float64)
