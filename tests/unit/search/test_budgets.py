"""Budgets: parsed, taken from boards, checked."""

from __future__ import annotations

import pytest

from mcugen.architecture.blocks import AveragePool, Classifier, Conv
from mcugen.boards import load_board
from mcugen.errors import InputRejected
from mcugen.isa import Isa
from mcugen.search.budgets import (
    DATA_BYTES,
    PORT_FLASH_BYTES,
    Budgets,
    board_budgets,
    check_possible,
    for_board,
    parse_bytes,
    parse_latency,
    parse_ops,
)
from mcugen.search.costs import CostModel, Costs
from mcugen.search.latency import LatencyModel, Rate, Unit
from mcugen.search.space import Node, Space
from mcugen.search.spaces import load_space
from mcugen.train.spec import Bits

COSTS = Costs(10e6, 1, 1, 100_000, 50_000, 30.0)


def latency(unit: Unit) -> LatencyModel:
    return LatencyModel("qemu_m4", "aot", unit, "emulator", {}, 1.0, 0)


def test_texts() -> None:
    assert parse_bytes("96K") == 98_304 and parse_bytes("1.5m") == 1_572_864
    assert parse_bytes("1000") == 1000
    assert parse_ops("20M") == 20e6 and parse_ops("0.5G") == 5e8
    assert parse_latency("100ms", latency("microseconds")) == 100_000
    assert parse_latency("5M", latency("instructions")) == 5_000_000


@pytest.mark.parametrize("text", ["", "96KB", "-1K", "0", "K", "1e6", "nan", "9" * 20, "5 5"])
def test_bad_texts(text: str) -> None:
    for parse in (parse_bytes, parse_ops):
        with pytest.raises(InputRejected, match="not understood"):
            parse(text)


def test_latency_needs_a_model_of_its_kind() -> None:
    with pytest.raises(InputRejected, match="needs a latency model"):
        parse_latency("100ms", None)
    with pytest.raises(InputRejected, match="not understood") as caught:
        parse_latency("100ms", latency("instructions"))
    assert "counts instructions" in caught.value.hint


def test_uses_of_costs() -> None:
    budgets = Budgets(ops=20e6, sram_bytes=40_000)
    assert budgets.uses(COSTS) == {"ops": 0.5, "sram_bytes": 1.25}
    assert budgets.excesses(COSTS)["sram_bytes"] == 0.25
    assert budgets.binding(COSTS) == ("sram_bytes", 1.25)
    assert not budgets.allow(COSTS) and Budgets(ops=10e6).allow(COSTS)
    assert Budgets().allow(COSTS) and Budgets().binding(COSTS) is None


def test_boards() -> None:
    board = load_board("nucleo_f446re")
    budgets = board_budgets(board)
    assert budgets.sram_bytes == 131_072 * 7 // 8 - board.stack_bytes - DATA_BYTES
    assert budgets.flash_bytes == 524_288 * 7 // 8 - PORT_FLASH_BYTES
    # Placed by a vendor's framework: the arena lies in one of several memories.
    largest = max(r.length_bytes for r in load_board("nucleo_h743zi").regions if r.kind == "ram")
    assert 0.7 * largest < (board_budgets(load_board("nucleo_h743zi")).sram_bytes or 0) < largest
    assert 0 <= (board_budgets(load_board("qemu_m0")).sram_bytes or 0) < 16_384


def test_given_budgets_stand_within_the_board() -> None:
    board = load_board("nucleo_f446re")
    assert for_board(board, Budgets(sram_bytes=90_000)) == Budgets(
        flash_bytes=board_budgets(board).flash_bytes, sram_bytes=90_000
    )
    with pytest.raises(InputRejected, match=r"200,000 bytes of SRAM .* 131,072"):
        for_board(board, Budgets(sram_bytes=200_000))


def test_impossible_budgets() -> None:
    model = CostModel(load_space("kws"))
    check_possible(model, Budgets(ops=1e6))
    with pytest.raises(
        InputRejected, match=r"'kws' takes .* 1,\d\d\d more than the budget of 1,000"
    ):
        check_possible(model, Budgets(sram_bytes=1000))


def test_four_bits_are_not_always_the_smallest() -> None:
    """Their kernels take more flash than they save in a small network."""
    model = CostModel(load_space("digits").with_bits(Bits(4, 4), Bits(8, 8)), Isa.DSP)
    costs = [
        model.of_selection(tuple(bits * (d.field == "bits") for d in model.space.decisions))
        for bits in range(2)
    ]
    assert costs[1].flash_bytes < costs[0].flash_bytes
    found = check_possible(model, Budgets(flash_bytes=costs[1].flash_bytes))
    assert model.of_selection(found) == costs[1]
    assert model.of_selection(check_possible(model, Budgets())) == costs[0]
    with pytest.raises(InputRejected, match="1 more than the budget"):
        check_possible(model, Budgets(flash_bytes=costs[1].flash_bytes - 1))


def test_small_kernels_are_not_always_the_smallest() -> None:
    """Helium gathers the windows of most; those of some it gathers in smaller parts."""
    conv = Conv(channels=64, kernel=(2, 2))
    nodes = (Conv(channels=64, kernel=(3, 3)), Node(conv, kernel=((1, 2), (2, 2))))
    space = Space("kernels", (12, 12, 1), 3, "relu", (*nodes, AveragePool(), Classifier()))
    model = CostModel(space, Isa.MVE)
    small, large = (model.of_selection((choice,)).memory_bytes for choice in range(2))
    assert large < small
    assert check_possible(model, Budgets(sram_bytes=large)) == (1,)


def test_latency_has_its_unit() -> None:
    rates = {"pointwise": Rate(1.0)}
    fitted = LatencyModel("b", "aot", "microseconds", "board", rates, 1.0, 9)
    with pytest.raises(InputRejected, match=r"\d microseconds, .* budget of 1$"):
        check_possible(CostModel(load_space("digits"), latency=fitted), Budgets(latency=1))
