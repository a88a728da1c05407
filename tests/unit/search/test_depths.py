"""Networks that keep their proportions, and candidates of several depths."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.architecture.blocks import Conv, DepthwiseSeparable
from mcugen.isa import Isa
from mcugen.search.baselines import uniform_selection
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.depths import MOST_DEPTHS, depths
from mcugen.search.scaling import scaled_within, widest
from mcugen.search.space import Selection
from mcugen.search.spaces import load_space
from mcugen.search.walk import uniform

KWS = CostModel(load_space("kws"), Isa.DSP)
CASES = [
    (KWS, Budgets(ops=6e6)),
    (CostModel(load_space("kws_temporal"), Isa.DSP), Budgets(ops=1e6)),
    (CostModel(load_space("ad"), Isa.DSP), Budgets(ops=30e6, sram_bytes=98_304)),
    (CostModel(load_space("vww"), Isa.DSP), Budgets(ops=6e6, sram_bytes=60_000)),
]


def channels(model: CostModel, selection: Selection) -> list[int]:
    blocks = model.space.architecture(selection).blocks
    return [b.channels for b in blocks if isinstance(b, (Conv, DepthwiseSeparable))]


def test_widths_are_scaled_alike() -> None:
    budgets = Budgets(ops=6e6)
    found = scaled_within(KWS, budgets, widest(KWS.space))
    assert set(channels(KWS, found)) == {40}
    assert budgets.allow(KWS.of_selection(found))
    more = tuple(
        choice + 1 if decision.field == "channels" else choice
        for decision, choice in zip(KWS.space.decisions, found, strict=True)
    )
    assert not budgets.allow(KWS.of_selection(more))


def test_proportions_are_kept() -> None:
    start = list(widest(KWS.space))
    first = next(i for i, d in enumerate(KWS.space.decisions) if d.field == "channels")
    start[first] = len(KWS.space.decisions[first].choices) // 2 - 1
    found = channels(KWS, scaled_within(KWS, Budgets(ops=20e6), tuple(start)))
    assert found[0] == pytest.approx(found[1] / 2, abs=4) and len(set(found[1:])) == 1


def test_what_the_budgets_do_not_bound_is_as_wide_as_can_be() -> None:
    found = scaled_within(KWS, Budgets(ops=1e12), (0,) * len(KWS.space.decisions))
    assert all(
        choice == len(d.choices) - 1
        for d, choice in zip(KWS.space.decisions, found, strict=True)
        if d.field == "channels"
    )


def test_the_narrowest_if_nothing_fits() -> None:
    found = scaled_within(KWS, Budgets(ops=1000), widest(KWS.space))
    assert set(channels(KWS, found)) == {4}


@pytest.mark.parametrize(("model", "budgets"), CASES)
def test_depths_keep_the_budgets_and_differ(model: CostModel, budgets: Budgets) -> None:
    found = depths(model, uniform(model.space), budgets)
    assert MOST_DEPTHS <= len(found) == len({c.selection for c in found})
    assert all(budgets.allow(c.costs) for c in found)
    keeps = [i for i, d in enumerate(model.space.decisions) if d.field == "keep"]
    assert len({sum(c.selection[i] for i in keeps) for c in found}) >= 4
    assert found == depths(model, uniform(model.space), budgets)


def test_the_least_likely_blocks_go_first() -> None:
    probabilities = list(uniform(KWS.space))
    keeps = [i for i, d in enumerate(KWS.space.decisions) if d.field == "keep"]
    for place, index in enumerate(keeps):
        probabilities[index] = probabilities[index] * 0 + [0.4 - 0.01 * place, 0.6 + 0.01 * place]
    found = depths(KWS, probabilities, Budgets(ops=6e6))
    left_out = [[i for i in keeps if not c.selection[i]] for c in found]
    assert [] in left_out and keeps in left_out
    assert all(gone == keeps[: len(gone)] for gone in left_out)


def test_even_widths_leave_no_block_out_that_is_wanted() -> None:
    selection = uniform_selection(KWS, Budgets(ops=6e6))
    kept = zip(KWS.space.decisions, selection, strict=True)
    assert all(choice for decision, choice in kept if decision.field == "keep")


def test_even_widths_come_with_small_kernels_too() -> None:
    model = CostModel(load_space("kws_temporal"), Isa.DSP)
    likely = [
        np.array([0.1, 0.2, 0.7]) if decision.field == "kernel" else p
        for decision, p in zip(model.space.decisions, uniform(model.space), strict=True)
    ]
    found = depths(model, likely, Budgets(ops=1e6))
    kernels = {model.space.architecture(c.selection).layers[0].kernel for c in found}
    assert kernels == {(5, 10), (1, 10)}
