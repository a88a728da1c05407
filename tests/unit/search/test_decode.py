"""Decoded networks keep the budgets, and use them."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.isa import Isa
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import (
    LEAST_USE,
    candidates,
    changes_between,
    expected,
    fitted,
    random_selections,
    repaired,
)
from mcugen.search.spaces import load_space
from mcugen.search.walk import Floats, one_hot, uniform
from mcugen.train.spec import Bits

DIGITS = CostModel(load_space("digits"), Isa.DSP)
MIXED = CostModel(load_space("digits").with_bits(Bits(4, 4), Bits(4, 8), Bits(8, 8)), Isa.DSP)
KWS = CostModel(load_space("kws"), Isa.DSP)
CASES = [
    (DIGITS, Budgets(ops=0.3e6)),
    (DIGITS, Budgets(flash_bytes=14_000, sram_bytes=2_500)),
    (MIXED, Budgets(ops=0.5e6, flash_bytes=19_000, sram_bytes=2_000)),
    (KWS, Budgets(ops=6e6, flash_bytes=60_000, sram_bytes=30_000)),
]


def peaked(model: CostModel, seed: int) -> list[Floats]:
    """Probabilities as a search leaves them: most of each decision's on one choice."""
    rng = np.random.default_rng(seed)
    found = []
    for decision in model.space.decisions:
        logits = rng.normal(size=len(decision.choices)) * 2
        found.append(np.exp(logits) / np.exp(logits).sum())
    return found


@pytest.mark.parametrize(("model", "budgets"), CASES)
def test_budgets_are_kept_and_used(model: CostModel, budgets: Budgets) -> None:
    for seed in range(2):
        found = candidates(model, peaked(model, seed), budgets, samples=2, seed=seed)
        assert len({c.selection for c in found}) == len(found) >= 2
        for candidate in found:
            assert budgets.allow(candidate.costs)
            assert candidate.costs == model.of_selection(candidate.selection)
            binding = budgets.binding(candidate.costs)
            assert binding is not None and binding[1] > 0.9


def test_the_same_arguments_give_the_same_networks() -> None:
    model, budgets = CASES[1]
    probabilities = peaked(model, 3)
    assert candidates(model, probabilities, budgets) == candidates(model, probabilities, budgets)


def test_what_fits_tightly_is_left_alone() -> None:
    selection = DIGITS.space.sample(np.random.default_rng(0))
    selection = (*selection[:2], 1, selection[3], 1, selection[5])
    costs = DIGITS.of_selection(selection)
    budgets = Budgets(ops=costs.ops, sram_bytes=costs.memory_bytes, flash_bytes=costs.flash_bytes)
    found = fitted(DIGITS, selection, budgets, one_hot(DIGITS.space, selection), "it")
    assert (found.selection, found.changes, found.origin) == (selection, (), "it")


def test_repair_takes_the_nearest_smaller_choices() -> None:
    widest = tuple(len(d.choices) - 1 for d in KWS.space.decisions)
    costs = KWS.of_selection(widest)
    budgets = Budgets(ops=0.97 * costs.ops)
    found = repaired(KWS, widest, budgets)
    assert budgets.allow(KWS.of_selection(found))
    changes = changes_between(KWS.space, widest, found)
    assert changes and all(c.field == "channels" and c.after < c.before for c in changes)
    assert KWS.of_selection(found).ops > 0.9 * costs.ops


def test_repair_spares_what_is_wanted() -> None:
    """Two layers that cost the same, one of which the search wants narrow."""
    widest = tuple(len(d.choices) - 1 for d in KWS.space.decisions)
    probabilities = list(one_hot(KWS.space, widest))
    narrow = next(i for i, d in enumerate(KWS.space.decisions) if d.node == 5 and d.field != "keep")
    probabilities[narrow] = np.eye(len(probabilities[narrow]))[5]
    budgets = Budgets(ops=0.97 * KWS.of_selection(widest).ops)
    changes = changes_between(KWS.space, widest, repaired(KWS, widest, budgets, probabilities))
    assert {c.node for c in changes} == {5}


def test_expected_widths() -> None:
    space = DIGITS.space
    found = expected(space, uniform(space))
    widths = [d.choices[i] for d, i in zip(space.decisions, found, strict=True)]
    assert widths[0] in (16, 20) and widths[2] is True


def test_random_networks_keep_and_use_the_budgets() -> None:
    for model, budgets in CASES:
        found = random_selections(model, budgets, 4, seed=1)
        assert found == random_selections(model, budgets, 4, seed=1)
        for selection in found:
            costs = model.of_selection(selection)
            assert budgets.allow(costs)
            binding = budgets.binding(costs)
            assert binding is not None and binding[1] >= LEAST_USE


def test_budgets_beyond_the_space_and_below_it() -> None:
    with pytest.raises(McugenError, match="0 of 2 random networks"):
        random_selections(DIGITS, Budgets(ops=1e12), 2)
    impossible = Budgets(ops=1000)
    with pytest.raises(InputRejected, match="smallest network"):
        candidates(DIGITS, uniform(DIGITS.space), impossible)
    with pytest.raises(InputRejected, match="smallest network"):
        repaired(DIGITS, (0,) * len(DIGITS.space.decisions), impossible)
    found = candidates(DIGITS, uniform(DIGITS.space), Budgets(ops=1e12), samples=0)
    assert DIGITS.space.architecture(found[0].selection).macs == DIGITS.space.widest.macs


def test_where_smaller_choices_are_dearer() -> None:
    """Of flash that only 8 bits keep, for the kernels of 4 bits are larger."""
    wide = tuple(2 * (d.field == "bits") for d in MIXED.space.decisions)
    narrow = (0,) * len(wide)
    budgets = Budgets(flash_bytes=MIXED.of_selection(wide).flash_bytes + 1_000)
    assert not budgets.allow(MIXED.of_selection(narrow))
    assert budgets.allow(MIXED.of_selection(repaired(MIXED, narrow, budgets)))
    for candidate in candidates(MIXED, one_hot(MIXED.space, narrow), budgets, samples=1):
        assert budgets.allow(candidate.costs)
    found = random_selections(MIXED, budgets, 3)
    assert all(budgets.allow(MIXED.of_selection(selection)) for selection in found)
