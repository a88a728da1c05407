"""Constraints of RESHAPE, SQUEEZE, EXPAND_DIMS and SHAPE."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import DType, Operands
from mcugen.ir.ops import reshape
from tests.unit.ir.ops.movement_cases import constant, first_failure, operands, tensor


def test_same_element_count() -> None:
    x = operands(reshape.Reshape, {}, [tensor([2, 3])], [tensor([7])])
    assert first_failure(x) is reshape.same_element_count


def test_shape_of_reshape_need_not_be_constant() -> None:
    inputs = [tensor([2, 3]), tensor([1], DType.INT32, None)]
    x = operands(reshape.Reshape, {}, inputs, [tensor([6])])
    assert first_failure(x) is None
    assert x.attributes.to_options() == {"new_shape": (6,)}


def squeezed(dims: list[int] | None, output: list[int]) -> Operands:
    return operands(reshape.Squeeze, {"squeeze_dims": dims}, [tensor([1, 3, 1])], [tensor(output)])


@pytest.mark.parametrize(
    ("dims", "output"), [([], [3]), (None, [3]), ([0], [3, 1]), ([-1, 2], [1, 3])]
)
def test_squeeze_supported(dims: list[int] | None, output: list[int]) -> None:
    assert first_failure(squeezed(dims, output)) is None


@pytest.mark.parametrize(("dims", "output"), [([1], [1, 1]), ([3], [3]), ([0], [3]), ([-4], [3])])
def test_squeezed_shape(dims: list[int], output: list[int]) -> None:
    assert first_failure(squeezed(dims, output)) is reshape.squeezed_shape


@pytest.mark.parametrize(
    ("axis", "output", "holds"),
    [
        (0, [1, 2, 3], True),
        (-1, [2, 3, 1], True),
        (-3, [1, 2, 3], True),
        (3, [2, 3, 1], False),
        (-4, [1, 2, 3], False),
        (1, [1, 2, 3], False),
    ],
)
def test_expanded_shape(axis: int, output: list[int], holds: bool) -> None:
    x = operands(reshape.ExpandDims, {}, [tensor([2, 3]), constant(axis)], [tensor(output)])
    assert first_failure(x) is (None if holds else reshape.expanded_shape)


@pytest.mark.parametrize(
    ("dtype", "output", "holds"),
    [(DType.INT32, [2], True), (DType.INT64, [2], False), (DType.INT32, [3], False)],
)
def test_shape_vector(dtype: DType, output: list[int], holds: bool) -> None:
    x = operands(reshape.Shape, {}, [tensor([2, 3])], [tensor(output, dtype, None)])
    assert first_failure(x) is (None if holds else reshape.shape_vector)


def test_shape_in_range() -> None:
    x = operands(reshape.Shape, {}, [tensor([1 << 31])], [tensor([1], DType.INT32, None)])
    assert first_failure(x) is reshape.shape_in_range
