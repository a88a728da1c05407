"""CONV_2D."""

from __future__ import annotations

import math

from mcugen.ir.graph import Operands
from mcugen.ir.ops.window import Pads
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.fully_connected import (
    MATRIX_PRODUCTS,
    PAIR_OBSTACLES,
)
from mcugen.runtimes.aot.lower.pairs import matmul_fields, matmul_pixels, padded
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import (
    Field,
    Step,
    Variant,
    input_view,
    output_view,
    variants,
)

MVE_ROWS = 3
"""Rows that fully_connected_s8 multiplies side by side on MVE."""

MVE_WINDOWS_BYTES = 2048
"""Bounds the windows gathered for MVE, unless MVE_ROWS of them need more."""


def conv(x: Operands, windows: int = 1) -> list[Step]:
    """So many windows are gathered at once and multiplied with every filter of their group."""
    _, _, _, input_channels = x.input().shape
    output_channels, kernel_h, kernel_w, depth = x.input(1).shape
    step = Step(
        kernel="conv_s8",
        params={
            **image_fields(x),
            "output_channels": output_channels,
            **window_fields(x),
            "groups": input_channels // depth,
            "windows": windows,
            "input_zero_point": x.input().q.zero_point,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=True),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=windows * kernel_h * kernel_w * depth,
        sources=("fully_connected_s8",),
    )
    return [step]


def conv_mve(x: Operands) -> list[Step]:
    """As conv; the more windows at once, the fewer passes over the weights."""
    output_channels, *window = x.input(1).shape
    blocks = MVE_WINDOWS_BYTES // (MVE_ROWS * math.prod(window))
    windows = MVE_ROWS * min(max(blocks, 1), 8)
    return conv(x, min(windows, x.output().elements // output_channels))


def conv_dsp(x: Operands) -> list[Step]:
    """Windows are widened four at a time, two output channels in each lane of the weights."""
    _, kernel_h, kernel_w, channels = x.input(1).shape
    _, output_h, output_w, _ = x.output().shape
    pixels = matmul_pixels(x, output_h * output_w)
    step = Step(
        kernel="conv_s8_dsp",
        params={
            **image_fields(x),
            **window_fields(x),
            "input_zero_point": x.input().q.zero_point,
            **matmul_fields(x, output_h * output_w),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=(2 * pixels + 1) * padded(kernel_h * kernel_w * channels),
        sources=("matmul_s8_dsp",),
    )
    return [step]


def in_groups(x: Operands) -> str | None:
    """Every filter reads all channels."""
    groups = x.input().shape[3] // x.input(1).shape[3]
    return f"there are {groups} groups of channels" if groups > 1 else None


def windows_apart(x: Operands) -> str | None:
    """The windows, one after the other, are the input as it lies in memory.

    So it is for 1x1 kernels with stride 1, and for kernels as large as the image.
    """
    window, image, kernel = x.attributes.window, x.input().shape, x.input(1).shape
    if in_groups(x):
        return in_groups(x)
    rows = window.pads == Pads() and (
        x.output().shape[1:3] == image[1:3] if kernel[1:3] == (1, 1) else kernel[1:3] == image[1:3]
    )
    return None if rows else "windows do not lie in memory as rows"


CONVOLUTIONS = (
    *(variant.unless(windows_apart) for variant in MATRIX_PRODUCTS),
    Variant(
        "conv_s8_dsp",
        conv_dsp,
        frozenset({Isa.DSP}),
        (in_groups, *PAIR_OBSTACLES),
        "four windows side by side, two channels a lane: 12 instructions for 16 products",
    ),
    Variant(
        "conv_s8",
        conv_mve,
        frozenset({Isa.MVE}),
        (in_groups,),
        "three windows and two filters side by side: 12 instructions for 96 products",
    ),
    Variant("conv_s8", conv, reason="windows gathered one by one, four filters side by side"),
)

variants("CONV_2D", *CONVOLUTIONS)


def image_fields(x: Operands) -> dict[str, Field]:
    """Sizes of input, output and kernel."""
    _, input_h, input_w, input_channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    return {
        "input_h": input_h,
        "input_w": input_w,
        "input_channels": input_channels,
        "output_h": output_h,
        "output_w": output_w,
        "kernel_h": kernel_h,
        "kernel_w": kernel_w,
    }


def window_fields(x: Operands) -> dict[str, Field]:
    """Strides, dilations and leading pads; the trailing ones follow from the shapes."""
    window = x.attributes.window
    return {
        "stride_h": window.stride_h,
        "stride_w": window.stride_w,
        "dilation_h": window.dilation_h,
        "dilation_w": window.dilation_w,
        "pad_top": window.pads.top,
        "pad_left": window.pads.left,
    }
