"""Channels that hold one code: found, made plain, and left out."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir.graph import Graph
from mcugen.passes.channel_ranges import channel_ranges
from mcugen.passes.fold_constant_channels import fold_constant_channels
from mcugen.passes.remove_constant_channels import remove_constant_channels
from tests.unit.passes.builder import QUANTIZATION, Builder, assert_same_results

DEAD = (1, 4, 5, 7)
ZERO = 0
BIASES = [9, ZERO, 3, -4, 1 << 30, -(1 << 30), 5, ZERO, 2]
"""Of the dead channels, 1 and 7 hold the zero point, 4 and 5 other codes."""


def chain(last: str) -> Graph:
    b = Builder()
    t = b.pointwise(b.input((1, 3, 3, 2)), BIASES, DEAD)
    if last == "pointwise":
        return b.graph(b.pointwise(t, [1, 2, 3]))
    if last == "padded":
        return b.graph(b.conv(t, padding="SAME"))
    if last == "fully connected":
        return b.graph(b.fully_connected(b.reshape(b.average_pool(t), (9, 9)), 3))
    if last == "output":
        return b.graph(b.pointwise(t, [1, 2, 3]), t)
    assert last == "two readers"
    return b.graph(b.pointwise(t, [1, 2, 3]), b.pointwise(t, [4, 5]))


def widths(graph: Graph) -> list[int]:
    return [x.output().shape[-1] for x in graph]


def test_ranges_of_channels() -> None:
    graph = chain("pointwise")
    found = channel_ranges(graph)[graph.operators[0].outputs[0]]
    assert np.flatnonzero(found.constant).tolist() == list(DEAD)
    zero = QUANTIZATION.zero_point
    assert found.low[list(DEAD)].tolist() == [zero, zero + 32, zero - 32, zero]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        # Five channels vary; three constant ones stay to make whole words.
        ("pointwise", [8, 3]),
        ("fully connected", [8, 8, 8, 3]),
        # At the border a window sees less of channels 4 and 5: only 1 and 7 could go, and one does.
        ("padded", [8, 3]),
        ("output", [9, 3]),
        ("two readers", [9, 3, 2]),
    ],
)
def test_constant_channels_are_left_out(last: str, expected: list[int]) -> None:
    before = chain(last)
    after = remove_constant_channels(before)
    assert widths(after) == expected
    assert_same_results(before, after)
    assert_same_results(before, remove_constant_channels(fold_constant_channels(before)))


def test_plain_constants() -> None:
    before = chain("output")
    after = fold_constant_channels(before)
    assert_same_results(before, after)
    x = next(iter(after))
    data, bias = x.input(1).data, x.input(2).data
    assert data is not None and bias is not None
    assert not data[list(DEAD)].any() and np.abs(bias).max() < 1000


def test_a_layer_of_constants_keeps_four() -> None:
    b = Builder()
    t = b.pointwise(b.input((1, 2, 2, 3)), [4] * 8, range(8))
    before = b.graph(b.pointwise(t, [1, 2]))
    after = remove_constant_channels(before)
    assert widths(after) == [4, 2]
    assert_same_results(before, after)
