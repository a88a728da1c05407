"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.ir.ops.resize import FRACTION_BITS, Sampling
from mcugen.reference.registry import Values, reference

ONE = 1 << FRACTION_BITS


@reference("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest_neighbor(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The nearest pixel's elements."""
    image = values[0]
    assert image is not None
    rows, columns = x.attributes.indices(x.input())
    return [image[:, rows][:, :, columns]]


@reference("RESIZE_BILINEAR")
def resize_bilinear(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """TFLite's integer interpolation: weights of 10 bits, rounded half away from zero."""
    image = values[0]
    assert image is not None
    image = image.astype(np.int64)
    rows, columns = x.attributes.samplings(x.input())
    size_h, size_w = x.attributes.size
    top, bottom, weight_h = _positions(rows, image.shape[1], size_h)
    left, right, weight_w = _positions(columns, image.shape[2], size_w)
    weight_h = weight_h[:, None, None]
    weight_w = weight_w[:, None]
    total = (
        image[:, top][:, :, left] * (ONE - weight_h) * (ONE - weight_w)
        + image[:, bottom][:, :, left] * weight_h * (ONE - weight_w)
        + image[:, top][:, :, right] * (ONE - weight_h) * weight_w
        + image[:, bottom][:, :, right] * weight_h * weight_w
    )
    half, unit = ONE * ONE // 2, ONE * ONE
    rounded = np.where(total > 0, (total + half) // unit, -((half - total) // unit))
    return [rounded.astype(np.int8)]


def _positions(
    sampling: Sampling, before: int, after: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Lower index, upper index and the upper one's weight; C's division rounds towards zero."""
    scaled = sampling.offset + sampling.scale * np.arange(after, dtype=np.int64)
    lower = np.maximum(scaled, 0) // ONE
    upper = np.minimum(np.maximum(scaled + ONE - 1, 0) // ONE, before - 1)
    return lower, upper, scaled - lower * ONE
