"""Constraints of CONCATENATION and PACK."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import Operands
from mcugen.ir.ops import concat
from tests.unit.ir.ops.movement_cases import first_failure, operands, tensor


def joined(
    axis: int, shapes: list[list[int]], output: list[int], activation: str = "NONE"
) -> Operands:
    options = {"axis": axis, "fused_activation_function": activation}
    inputs = [tensor(shape) for shape in shapes]
    return operands(concat.Concatenation, options, inputs, [tensor(output)])


@pytest.mark.parametrize("axis", [1, -1])
def test_concatenation_supported(axis: int) -> None:
    assert first_failure(joined(axis, [[2, 3], [2, 4]], [2, 7])) is None


@pytest.mark.parametrize(
    ("axis", "shapes", "output"),
    [
        (2, [[2, 3], [2, 4]], [2, 7]),
        (-3, [[2, 3], [2, 4]], [2, 7]),
        (1, [[2, 3], [2, 4]], [2, 8]),
        (1, [[2, 3], [1, 4]], [2, 7]),
        (1, [[2, 3], [4]], [2, 7]),
        (0, [[]], []),
    ],
)
def test_joined_shape(axis: int, shapes: list[list[int]], output: list[int]) -> None:
    assert first_failure(joined(axis, shapes, output)) is concat.joined_shape


@pytest.mark.parametrize(("count", "rank"), [(11, 2), (2, 7)])
def test_joinable(count: int, rank: int) -> None:
    ones = [1] * (rank - 1)
    x = joined(0, [[1, *ones]] * count, [count, *ones])
    assert first_failure(x) is concat.joinable


def test_no_fused_activation() -> None:
    x = joined(0, [[2], [3]], [5], "RELU")
    assert first_failure(x) is concat.no_fused_activation


@pytest.mark.parametrize(
    ("axis", "count", "output", "holds"),
    [
        (0, 2, [2, 3], True),
        (-1, 2, [3, 2], True),
        (2, 2, [3, 2], False),
        (0, 3, [2, 3], False),
        (0, 2, [3, 3], False),
        (0, 2, [2, 4], False),
        (0, 2, [2], False),
    ],
)
def test_packed_shape(axis: int, count: int, output: list[int], holds: bool) -> None:
    options = {"axis": axis, "values_count": count}
    x = operands(concat.Pack, options, [tensor([3])] * 2, [tensor(output)])
    assert first_failure(x) is (None if holds else concat.packed_shape)
