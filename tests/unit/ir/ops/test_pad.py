"""Constraints of PAD and PADV2."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import DType, Operands, Quantization
from mcugen.ir.ops import movement, pad
from tests.unit.ir.ops.movement_cases import INT8, constant, first_failure, operands, tensor


def padded(pairs: object, output: list[int], quantization: Quantization = INT8) -> Operands:
    inputs = [tensor([2, 3]), constant(pairs)]
    return operands(pad.Pad, {}, inputs, [tensor(output, quantization=quantization)])


def test_supported() -> None:
    x = padded([[0, 1], [2, 0]], [3, 5])
    assert first_failure(x) is None
    assert x.attributes.value_for(x.output()) == 3


@pytest.mark.parametrize(
    ("pairs", "output"),
    [
        ([[0, 1], [2, 0]], [3, 6]),
        ([[0, 1], [-1, 1]], [3, 3]),
        ([[0, 1]], [3, 3]),
        ([[0, 1], [0, 0], [0, 0]], [3, 3]),
        ([], [2, 3]),
    ],
)
def test_padded_shape(pairs: object, output: list[int]) -> None:
    assert first_failure(padded(pairs, output)) is pad.padded_shape


def test_representable_zero() -> None:
    x = padded([[0, 1], [2, 0]], [3, 5], Quantization((0.5,), (128,)))
    assert first_failure(x) is pad.representable_zero


def test_rank_at_most_five() -> None:
    shape = [1] * 6
    x = operands(pad.Pad, {}, [tensor(shape), constant([[0, 0]] * 6)], [tensor(shape)])
    assert first_failure(x) is movement.rank_at_most_five


def test_odd_paddings_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        padded([1, 2, 3], [3, 5])


@pytest.mark.parametrize(
    ("dtype", "quantization", "holds"),
    [
        (DType.INT8, INT8, True),
        (DType.INT8, None, False),
        (DType.INT32, INT8, False),
        (DType.INT8, Quantization((0.5,), (4,)), False),
    ],
)
def test_pad_value_type(dtype: DType, quantization: Quantization | None, holds: bool) -> None:
    value = constant([-5], dtype)
    value = type(value)("value", (1,), dtype, quantization, value.data)
    inputs = [tensor([2]), constant([[1, 0]]), value]
    x = operands(pad.PadV2, {}, inputs, [tensor([3])])
    assert x.attributes.value_for(x.output()) == -5
    assert first_failure(x) is (None if holds else pad.pad_value_type)


def test_pad_value_is_one_constant() -> None:
    inputs = [tensor([2]), constant([[1, 0]]), constant([1, 2], DType.INT8)]
    with pytest.raises(ValueError, match="2 elements"):
        operands(pad.PadV2, {}, inputs, [tensor([3])])
