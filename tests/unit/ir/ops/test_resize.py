"""Constraints of the resizing operators, and where they sample."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mcugen.ir.graph import DType, Operands
from mcugen.ir.ops import resize
from tests.unit.ir.ops.movement_cases import constant, first_failure, operands, tensor

Kind = type[resize.Resize]
BOTH: tuple[Kind, ...] = (resize.ResizeNearestNeighbor, resize.ResizeBilinear)


def resized(
    operator: Kind,
    source: Sequence[int] = (1, 4, 6, 2),
    size: Sequence[int] = (8, 3),
    target: Sequence[int] = (1, 8, 3, 2),
    align: bool = False,
    half: bool = False,
    dtype: DType = DType.INT8,
) -> Operands:
    options = {"align_corners": align, "half_pixel_centers": half}
    inputs = [tensor(source, dtype), constant(size)]
    return operands(operator, options, inputs, [tensor(target, dtype)])


@pytest.mark.parametrize("operator", BOTH)
def test_supported(operator: Kind) -> None:
    x = resized(operator, align=True)
    assert first_failure(x) is None
    assert x.attributes.to_options() == {"align_corners": True, "half_pixel_centers": False}


@pytest.mark.parametrize("operator", BOTH)
@pytest.mark.parametrize(
    ("source", "size", "target"),
    [
        ((1, 4, 6, 2), (8, 4), (1, 8, 3, 2)),
        ((1, 4, 6, 2), (8, 3), (1, 8, 3, 1)),
        ((2, 4, 6, 2), (8, 3), (1, 8, 3, 2)),
        ((1, 4, 6, 2), (8,), (1, 8, 3, 2)),
        ((4, 6, 2), (8, 3), (8, 3, 2)),
    ],
)
def test_resized_shape(
    operator: Kind, source: tuple[int, ...], size: tuple[int, ...], target: tuple[int, ...]
) -> None:
    assert first_failure(resized(operator, source, size, target)) is resize.resized_shape


@pytest.mark.parametrize("operator", BOTH)
def test_image_sides(operator: Kind) -> None:
    x = resized(operator, (1, 1 << 15, 1, 1), (1, 1), (1, 1, 1, 1))
    assert first_failure(x) is resize.image_sides


def test_int8_image() -> None:
    assert first_failure(resized(resize.ResizeNearestNeighbor, dtype=DType.FLOAT32)) is None
    x = resized(resize.ResizeBilinear, dtype=DType.FLOAT32)
    assert first_failure(x) is resize.int8_image


def test_one_alignment() -> None:
    x = resized(resize.ResizeBilinear, align=True, half=True)
    assert first_failure(x) is resize.one_alignment


def test_samples_inside() -> None:
    """From 2 to 65 pixels TFLite's rounded scale puts the last sample behind the image."""
    x = resized(resize.ResizeBilinear, (1, 2, 2, 1), (64, 64), (1, 64, 64, 1))
    assert first_failure(x) is None
    x = resized(resize.ResizeBilinear, (1, 2, 2, 1), (64, 65), (1, 64, 65, 1))
    assert first_failure(x) is resize.samples_inside


def test_nearest_indices() -> None:
    assert resize.nearest_indices(2, 4, False, False) == [0, 0, 1, 1]
    assert resize.nearest_indices(4, 2, False, True) == [1, 3]
    assert resize.nearest_indices(3, 5, True, False) == [0, 1, 1, 2, 2]
    assert resize.nearest_indices(5, 1, True, False) == [0]
    assert resize.nearest_indices(2, 2, True, True) == [1, 1]
