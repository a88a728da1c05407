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
MVE_LANES = 4
"""Rows that fully_connected_s8 multiplies side by side on MVE, and those of layers with fewer units
than lanes."""

MVE_WINDOWS_BYTES = 2048
"""Bounds the windows gathered for MVE, unless MVE_ROWS of them need more."""


def conv(x: Operands, windows: int = 1) -> list[Step]:
    """So many windows are gathered at once and multiplied with every filter of their group."""
    _, _, _, input_channels = x.input().shape
    output_channels, kernel_h, kernel_w, depth = x.input(1).shape
    step = Step(
        kernel="conv_s8",
        params={
            **gather_fields(x),
            "output_channels": output_channels,
            "groups": input_channels // depth,
            "windows": windows,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=True),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=windows * kernel_h * kernel_w * depth,
        sources=("fully_connected_s8", "gather"),
    )
    return [step]


def conv_mve(x: Operands) -> list[Step]:
    """As conv; the more windows at once, the fewer passes over the weights."""
    return conv(x, mve_windows(x))


def mve_windows(x: Operands) -> int:
    """How many windows are gathered at once for MVE."""
    output_channels, *window = x.input(1).shape
    rows = MVE_ROWS if output_channels >= MVE_LANES else MVE_LANES
    blocks = MVE_WINDOWS_BYTES // (rows * math.prod(window))
    windows = rows * min(max(blocks, 1), 8)
    return min(windows, x.output().elements // output_channels)


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


def windows_are_rows(x: Operands) -> bool:
    """Whether the windows, one after the other, are the input as it lies in memory.

    So it is for 1x1 kernels with stride 1, and for kernels as large as the image.
    """
    window, image, kernel = x.attributes.window, x.input().shape, x.input(1).shape
    if in_groups(x) or window.pads != Pads():
        return False
    if kernel[1:3] == (1, 1):
        return x.output().shape[1:3] == image[1:3]
    return kernel[1:3] == image[1:3]


CONVOLUTIONS = (
    *(variant.when(windows_are_rows) for variant in MATRIX_PRODUCTS),
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


def gather_fields(x: Operands) -> dict[str, Field]:
    """The members of mcugen_gather_params, for a struct that holds it as `image`."""
    fields = {**image_fields(x), **window_fields(x), "input_zero_point": x.input().q.zero_point}
    return {f"image.{name}": value for name, value in fields.items()}


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
