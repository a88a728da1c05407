"""CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.ir.ops.window import Window
from mcugen.reference.registry import Values, reference
from mcugen.reference.weighted import offset_values, rescaled


@reference("CONV_2D")
def conv_2d(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Sums products over the window and the channels of the output channel's group."""
    return [rescaled(x, conv_sums(x, *offset_values(x, values)))]


def conv_sums(
    x: Operands, image: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """The output before bias and rescaling; the image is less its zero point."""
    channels, kernel_h, kernel_w, depth = weights.shape
    groups = image.shape[3] // depth
    total = np.zeros(x.output().shape, np.float64)
    for ky, kx, patch in window_patches(image, x.attributes.window, (kernel_h, kernel_w), total):
        for group in range(groups):
            outputs = slice(group * channels // groups, (group + 1) * channels // groups)
            inputs = patch[..., group * depth : (group + 1) * depth]
            total[..., outputs] += inputs @ weights[outputs, ky, kx].T
    return total


@reference("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Output channel c * multiplier + m filters input channel c alone."""
    return [rescaled(x, depthwise_sums(x, *offset_values(x, values)))]


def depthwise_sums(
    x: Operands, image: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """The output before bias and rescaling; the image is less its zero point."""
    total = np.zeros(x.output().shape, np.float64)
    for ky, kx, patch in window_patches(image, x.attributes.window, weights.shape[1:3], total):
        total += np.repeat(patch, x.attributes.depth_multiplier, axis=3) * weights[0, ky, kx]
    return total


def window_patches(
    image: npt.NDArray[Any], window: Window, kernel_hw: tuple[int, ...], output: npt.NDArray[Any]
) -> Iterator[tuple[int, int, npt.NDArray[Any]]]:
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
