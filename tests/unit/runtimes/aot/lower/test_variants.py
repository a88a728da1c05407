"""Which variants a layer is offered, and what it is told of those that it cannot take."""

from __future__ import annotations

import pytest

from bench.layers import single_layer
from mcugen.ir.graph import Operands
from mcugen.isa import Isa
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.program import Variant


def layer() -> Operands:
    (x,) = single_layer("conv_s8 4x4x8->8 k1x1 s1")
    return x


def test_kinds_come_before_obstacles() -> None:
    def fails(x: Operands) -> bool:
        raise AssertionError("asked of a layer of another kind")

    variant = Variant("kernel", lambda x: [], frozenset({Isa.DSP}), kinds=(fails,))
    assert not variant.is_for(layer(), Isa.MVE)
    assert not variant.when(lambda x: False).is_for(layer(), Isa.DSP)
    assert Variant("kernel", lambda x: []).when(lambda x: True).is_for(layer(), Isa.DSP)


def test_the_first_obstacle_is_told() -> None:
    variant = Variant("kernel", lambda x: [], obstacles=(lambda x: None, lambda x: "the second"))
    assert variant.obstacle(layer()) == "the second"
    assert variant.unless(lambda x: "the first").obstacle(layer()) == "the first"
    assert Variant("kernel", lambda x: []).obstacle(layer()) is None


def test_rewritten_layers_are_asked() -> None:
    """`through` turns the layer into what kinds and obstacles see."""
    x, other = layer(), layer()
    seen: list[Operands] = []

    def kind(x: Operands) -> bool:
        seen.append(x)
        return True

    def obstacle(x: Operands) -> None:
        seen.append(x)

    variant = Variant("kernel", lambda x: [], obstacles=(obstacle,), kinds=(kind,))
    through = variant.through(lambda x: other)
    assert through.is_for(x, Isa.DSP)
    assert through.obstacle(x) is None
    assert seen == [other, other]


@pytest.mark.parametrize("isa", Isa)
@pytest.mark.parametrize(
    "name",
    [
        "conv_s8 5x5x8->8 k3x3 s1",
        "conv_s8 5x5x8->8 k1x1 s1",
        "dw_s8 5x5x8->8 k3x3 s1",
        "fc_s8 1x1x8->8 k1x1 s1",
    ],
)
def test_other_kinds_of_layers_are_no_news(isa: Isa, name: str) -> None:
    """Nothing stands in the way of an ordinary layer."""
    assert lower_graph(single_layer(name), isa).layers[0].passed_over == ()
