"""What the passes make of a graph, as generated C, agrees with TFLM on the original."""

from __future__ import annotations

import pytest

from tests.harness import check
from tests.unit.passes.builder import Builder


@pytest.mark.parametrize("depthwise", [False, True])
def test_folded_pads(depthwise: bool) -> None:
    """Also where whole windows lie in the padding."""
    graphs = []
    for rows, columns in (((1, 1), (1, 1)), ((0, 1), (2, 0)), ((5, 0), (0, 4)), ((3, 3), (3, 3))):
        for padding in ("VALID", "SAME"):
            b = Builder()
            padded = b.pad(b.input((1, 3, 2, 2)), [(0, 0), rows, columns, (0, 0)])
            graphs.append(b.graph(b.conv(padded, depthwise, padding)))
    check(graphs)


def test_folded_constants_and_no_ops() -> None:
    b = Builder()
    x = b.input((2, 3))
    rows = b.transpose(b.reshape(b.constant((6,)), (3, 2)), (1, 0))
    same = b.quantize(b.slice(b.concat([x], 0), (0, 0), (2, 3)))
    check([b.graph(b.concat([same, rows, x], 0), same)])


def test_channels_left_out() -> None:
    """Dead channels through pooling, a depthwise and a padded convolution, and a matrix product."""
    biases, dead = [0, 900, -(1 << 30), 7, 40, 1 << 30, 300, 0, -70], (1, 2, 5, 7)
    graphs = []
    for last in ("padded", "pointwise", "fully connected"):
        b = Builder()
        wide = b.average_pool(b.pointwise(b.input((1, 3, 3, 5)), biases, dead))
        if last == "padded":
            result = b.conv(b.conv(wide, depthwise=True, padding="SAME"), padding="SAME")
        elif last == "pointwise":
            result = b.pointwise(b.conv(wide, depthwise=True), [1, 2, 3])
        else:
            result = b.fully_connected(b.reshape(wide, (9, 9)), 3)
        graphs.append(b.graph(result))
    check(graphs)
