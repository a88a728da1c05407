"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("AVERAGE_POOL_2D")
def average_pool_2d(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Sum over the positions inside the image, divided by their number, ties away from zero."""
    total = np.zeros(x.output().shape, np.int64)
    counts = np.zeros(x.output().shape, np.int64)
    for y, column, window in windows(x, values):
        counts[0, y, column] = window.shape[0] * window.shape[1]
        total[0, y, column] = window.sum(axis=(0, 1), dtype=np.int64)
    quotient = (np.abs(total) + counts // 2) // counts
    return [clamped(x, np.where(total > 0, quotient, -quotient))]


@reference("MAX_POOL_2D")
def max_pool_2d(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Largest code of the positions inside the image."""
    largest = np.zeros(x.output().shape, np.int64)
    for y, column, window in windows(x, values):
        largest[0, y, column] = window.max(axis=(0, 1))
    return [clamped(x, largest)]


def windows(x: Operands, values: Values) -> Iterator[tuple[int, int, npt.NDArray[Any]]]:
    """For each output position: y, x and the part of the image in its window, [h,w,c]."""
    window, (filter_h, filter_w) = x.attributes.window, x.attributes.filter_hw
    image = values[0]
    assert image is not None
    _, height, width, _ = x.output().shape
    for y in range(height):
        top = y * window.stride_h - window.pads.top
        for column in range(width):
            left = column * window.stride_w - window.pads.left
            rows = slice(max(top, 0), top + filter_h)
            yield y, column, image[0, rows, max(left, 0) : left + filter_w]


def clamped(x: Operands, codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Codes limited to the fused activation's range."""
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    limited: npt.NDArray[Any] = np.clip(codes, low, high).astype(output.dtype.numpy)
    return limited
