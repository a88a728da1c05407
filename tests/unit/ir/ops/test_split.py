"""Constraints of SPLIT, SPLIT_V and UNPACK."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import DType, Operands
from mcugen.ir.ops import split
from tests.unit.ir.ops.movement_cases import constant, first_failure, operands, tensor


def parted(axis: int, parts: list[list[int]]) -> Operands:
    inputs = [constant(axis), tensor([2, 6])]
    outputs = [tensor(part) for part in parts]
    return operands(split.Split, {"num_splits": 2}, inputs, outputs)


@pytest.mark.parametrize("axis", [1, -1])
def test_split_supported(axis: int) -> None:
    assert first_failure(parted(axis, [[2, 3], [2, 3]])) is None


@pytest.mark.parametrize(
    ("axis", "parts"),
    [
        (2, [[2, 3], [2, 3]]),
        (1, [[2, 3], [2, 4]]),
        (1, [[2, 3], [1, 3]]),
        (1, [[2, 3], [3]]),
        (1, [[2], [2]]),
    ],
)
def test_split_shapes(axis: int, parts: list[list[int]]) -> None:
    assert first_failure(parted(axis, parts)) is split.split_shapes


@pytest.mark.parametrize("parts", [[[2, 2], [2, 4]], [[2, 6]], [[2, 2]] * 3])
def test_equal_parts(parts: list[list[int]]) -> None:
    assert first_failure(parted(1, parts)) is split.equal_parts


def test_axis_must_be_constant() -> None:
    inputs = [tensor([], DType.INT32, None), tensor([2, 6])]
    with pytest.raises(ValueError, match="axis must be constant"):
        operands(split.Split, {"num_splits": 1}, inputs, [tensor([2, 6])])


def test_split_v_goes_by_the_outputs() -> None:
    inputs = [tensor([2, 6]), constant([-1, 2]), constant(1)]
    x = operands(split.SplitV, {"num_splits": 2}, inputs, [tensor([2, 4]), tensor([2, 2])])
    assert first_failure(x) is None


@pytest.mark.parametrize(
    ("axis", "num", "parts", "holds"),
    [
        (0, 2, [[6], [6]], True),
        (-2, 2, [[6], [6]], True),
        (2, 2, [[6], [6]], False),
        (0, 1, [[6], [6]], False),
        (0, 1, [[6]], False),
        (0, 2, [[6], [5]], False),
    ],
)
def test_unpacked_shapes(axis: int, num: int, parts: list[list[int]], holds: bool) -> None:
    options = {"num": num, "axis": axis}
    x = operands(split.Unpack, options, [tensor([2, 6])], [tensor(part) for part in parts])
    assert first_failure(x) is (None if holds else split.unpacked_shapes)
