"""PADs become the padding of the convolution that follows."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mcugen.ir.ops.pad import Pad
from mcugen.ir.ops.window import Pads
from mcugen.passes.fold_pads import fold_pads
from tests.unit.passes.builder import OTHER, QUANTIZATION, Builder, assert_same_results, names

ONE_ROUND = [(0, 0), (1, 1), (1, 1), (0, 0)]
side = st.integers(0, 3)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(side, side),
    st.tuples(side, side),
    st.booleans(),
    st.sampled_from(["SAME", "VALID"]),
    st.sampled_from([None, QUANTIZATION.zero_point]),
)
def test_folding_keeps_results(
    rows: tuple[int, int],
    columns: tuple[int, int],
    depthwise: bool,
    padding: str,
    value: int | None,
) -> None:
    b = Builder()
    padded = b.pad(b.input((1, 3, 2, 2)), [(0, 0), rows, columns, (0, 0)], value)
    graph = b.graph(b.conv(padded, depthwise, padding))
    after = fold_pads(graph)
    assert names(after) == names(graph)[1:]
    assert_same_results(graph, after)


def test_pads_add_up() -> None:
    b = Builder()
    graph = b.graph(b.conv(b.pad(b.input((1, 3, 3, 2)), ONE_ROUND), padding="SAME"))
    (operator,) = fold_pads(graph).operators
    assert operator.attributes.window.pads == Pads(1, 2, 1, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["value", "channels", "two readers", "output", "quantization"])
def test_what_cannot_fold_stays(name: str) -> None:
    b = Builder()
    image = b.input((1, 3, 3, 2))
    if name == "value":
        padded = b.pad(image, ONE_ROUND, value=0)
    elif name == "channels":
        padded = b.pad(image, [*ONE_ROUND[:3], (0, 1)])
    elif name == "quantization":
        inputs = [image, b.integers(ONE_ROUND)]
        padded = b.apply(Pad, inputs, (1, 5, 5, 2), quantization=OTHER)
    else:
        padded = b.pad(image, ONE_ROUND)
    outputs = [b.conv(padded)]
    if name == "two readers":
        outputs.append(b.reshape(padded, (50,)))
    if name == "output":
        outputs.append(padded)
    graph = b.graph(*outputs)
    after = fold_pads(graph)
    assert names(after) == names(graph)
    assert_same_results(graph, after)
