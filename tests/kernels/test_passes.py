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
