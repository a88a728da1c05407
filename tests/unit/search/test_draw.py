"""Random networks whose sizes spread."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.boards import load_board
from mcugen.errors import InputRejected
from mcugen.isa import Isa
from mcugen.search.budgets import Budgets, board_budgets
from mcugen.search.costs import CostModel
from mcugen.search.draw import draw, draw_fitting
from mcugen.search.spaces import load_space


@pytest.mark.parametrize("name", ["kws", "vww", "ad", "digits"])
def test_operations_spread_over_a_decade_and_more(name: str) -> None:
    space = load_space(name)
    ops = [2 * space.architecture(draw(space, np.random.default_rng(i))).macs for i in range(60)]
    low, high = np.percentile(ops, [5, 95])
    assert high > 10 * low


def test_a_number_is_a_network() -> None:
    board = load_board("nucleo_f446re")
    model, budgets = CostModel(load_space("kws"), board.isa), board_budgets(board)
    found = [draw_fitting(model, budgets, 3, i) for i in range(8)]
    assert found[5] == draw_fitting(model, budgets, 3, 5) and len(set(found)) == 8
    assert found[5] != draw_fitting(model, budgets, 4, 5)
    assert all(budgets.allow(model.of_selection(selection)) for selection in found)


def test_a_board_that_is_too_small() -> None:
    model = CostModel(load_space("kws"), Isa.DSP)
    with pytest.raises(InputRejected, match="none of 1000 random networks of the space 'kws'"):
        draw_fitting(model, Budgets(sram_bytes=100), 0, 0)


def test_bits_are_drawn_too() -> None:
    from mcugen.searching import BITS

    space = load_space("digits").with_bits(*BITS["mixed"])
    rng = np.random.default_rng(0)
    bits = {
        space.decisions[i].choices[choice]
        for _ in range(20)
        for i, choice in enumerate(draw(space, rng))
        if space.decisions[i].field == "bits"
    }
    assert bits == set(BITS["mixed"])
