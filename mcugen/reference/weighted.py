"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, requantize
from mcugen.ir.graph import Operands
from mcugen.ir.ops.weighted import bias_values, channel_multipliers
from mcugen.ir.ops.window import Window
from mcugen.reference.registry import Values, reference

Array = npt.NDArray[Any]


@reference("CONV_2D")
def conv_2d(x: Operands, values: Values) -> list[Array]:
    """Sums products over the window and the channels of the output channel's group."""
    image, weights = offset_values(x, values)
    channels, kernel_h, kernel_w, depth = weights.shape
    groups = image.shape[3] // depth
    total = np.zeros(x.output().shape, np.float64)
    for ky, kx, patch in window_patches(image, x.attributes.window, (kernel_h, kernel_w), total):
        for group in range(groups):
            outputs = slice(group * channels // groups, (group + 1) * channels // groups)
            inputs = patch[..., group * depth : (group + 1) * depth]
            total[..., outputs] += inputs @ weights[outputs, ky, kx].T
    return [rescaled(x, total)]


@reference("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(x: Operands, values: Values) -> list[Array]:
    """Output channel c * multiplier + m filters input channel c alone."""
    image, weights = offset_values(x, values)
    total = np.zeros(x.output().shape, np.float64)
    for ky, kx, patch in window_patches(image, x.attributes.window, weights.shape[1:3], total):
        total += np.repeat(patch, x.attributes.depth_multiplier, axis=3) * weights[0, ky, kx]
    return [rescaled(x, total)]


@reference("FULLY_CONNECTED")
def fully_connected(x: Operands, values: Values) -> list[Array]:
    """Every row of the input times the transposed weights."""
    source, weights = offset_values(x, values)
    return [rescaled(x, source.reshape(-1, weights.shape[1]) @ weights.T)]


def offset_values(x: Operands, values: Values) -> tuple[Array, Array]:
    """The input less its zero point and the weights, in float64, which holds every sum exactly."""
    source, weights = values[:2]
    assert source is not None and weights is not None
    return source.astype(np.float64) - x.input().q.zero_point, weights.astype(np.float64)


def window_patches(
    image: Array, window: Window, kernel_hw: tuple[int, ...], output: Array
) -> Iterator[tuple[int, int, Array]]:
    """For each kernel position: ky, kx and what it reads of the image, [1,output h,output w,c].

    Padding reads as 0.
    """
    pads = window.pads
    padded = np.pad(image, ((0, 0), (pads.top, pads.bottom), (pads.left, pads.right), (0, 0)))
    _, height, width, _ = output.shape
    for ky in range(kernel_hw[0]):
        for kx in range(kernel_hw[1]):
            y, x = ky * window.dilation_h, kx * window.dilation_w
            rows = slice(y, y + (height - 1) * window.stride_h + 1, window.stride_h)
            columns = slice(x, x + (width - 1) * window.stride_w + 1, window.stride_w)
            yield ky, kx, padded[:, rows, columns]


def rescaled(x: Operands, total: Array) -> Array:
    """Sums with the bias added, rescaled, offset and clamped, in the output's shape and type."""
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    scaled = requantize(total.astype(np.int64) + bias_values(x), *channel_multipliers(x))
    codes = np.clip(scaled + output.q.zero_point, low, high)
    return codes.reshape(output.shape).astype(output.dtype.numpy)
