"""Widths that budgets put out of reach are closed; nothing that was published is."""

from __future__ import annotations

import pytest

from mcugen.architecture import read_architecture
from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    DepthwiseSeparable,
    InvertedBottleneck,
)
from mcugen.isa import Isa
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.narrowing import narrowed
from mcugen.search.scaling import smallest_kernels, widest
from mcugen.search.space import Node, Space, multiples
from mcugen.search.spaces import load_space
from tests.unit.search.test_space import PUBLISHED


@pytest.mark.parametrize(("architecture", "name"), PUBLISHED)
def test_published_networks_stay_within_reach_of_their_own_costs(
    architecture: str, name: str
) -> None:
    space = load_space(name)
    found = space.select(read_architecture(architecture))
    assert found is not None
    model = CostModel(space, Isa.PORTABLE)
    costs = model.of_selection(found)
    budgets = Budgets(ops=costs.ops, flash_bytes=costs.flash_bytes, sram_bytes=costs.memory_bytes)
    assert narrowed(model, budgets).select(read_architecture(architecture)) is not None


def test_a_small_budget_makes_a_narrow_supernet() -> None:
    model = CostModel(load_space("kws"), Isa.PORTABLE)
    widest = [narrowed(model, Budgets(ops=ops)).widest.layers[0].shape[-1] for ops in (3e6, 6e6)]
    assert 48 < widest[0] < widest[1] < 128


def test_networks_of_small_kernels_keep_the_widths_that_use_the_budget() -> None:
    conv = Conv(channels=256, kernel=(7, 7))
    node = Node(conv, multiples(4, 256), kernel=((1, 3), (3, 3), (7, 7)))
    end = (AveragePool(), Classifier())
    space = Space("kernels", (32, 32, 1), 3, "relu", (node, node, *end))
    budgets = Budgets(ops=10e6)
    closed = narrowed(CostModel(space, Isa.PORTABLE), budgets)
    model = CostModel(closed, Isa.PORTABLE)
    start = smallest_kernels(widest(closed), closed)
    assert model.of_selection(start).ops > 2 * 10e6


def test_without_operations_every_width_stays_open() -> None:
    space = load_space("kws")
    model = CostModel(space, Isa.PORTABLE)
    closed = narrowed(model, Budgets(flash_bytes=50_000, sram_bytes=20_000))
    assert closed.all_nodes == space.all_nodes


def test_what_can_be_left_out_stays_as_wide_as_what_comes_to_it() -> None:
    space = Space(
        name="uneven",
        input=(8, 8, 1),
        outputs=10,
        activation="relu",
        nodes=(
            Node(Conv(channels=64, kernel=(3, 3)), channels=(4, 60, 64)),
            Node(DepthwiseSeparable(channels=64), channels=(4, 8, 64), optional=True),
            AveragePool(),
            Classifier(kind="conv"),
        ),
    )
    smallest = CostModel(space, Isa.PORTABLE).of_selection((0, 0, 0))
    closed = narrowed(CostModel(space, Isa.PORTABLE), Budgets(ops=smallest.ops))
    assert [node.channels for node in closed.all_nodes[:2]] == [(4, 60), (4, 8, 64)]


def test_sums_are_as_wide_as_the_wider_of_what_they_add() -> None:
    narrow = InvertedBottleneck(expansion=32, channels=16, residual="pad_add")
    space = Space(
        name="sums",
        input=(8, 8, 1),
        outputs=10,
        activation="relu",
        nodes=(
            Node(Conv(channels=64, kernel=(3, 3)), channels=(4, 60, 64)),
            Node(narrow, channels=(4, 16), expansion=(4, 32)),
            Node(DepthwiseSeparable(channels=64), channels=(4, 16, 64), optional=True),
            AveragePool(),
            Classifier(kind="conv"),
        ),
    )
    model = CostModel(space, Isa.PORTABLE)
    smallest = model.of_selection((0,) * len(space.decisions))
    closed = narrowed(model, Budgets(ops=smallest.ops)).all_nodes
    assert (closed[0].channels, closed[2].channels) == ((4, 60), (4, 16, 64))
