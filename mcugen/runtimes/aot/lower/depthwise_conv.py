"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mcugen.ir.graph import Operands
from mcugen.ir.ops.conv import Conv2D
from mcugen.ir.ops.weighted import bias_values, weight_sums
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.conv import CONVOLUTIONS, window_fields
from mcugen.runtimes.aot.lower.pairs import doubled_sums_overflow, folded_bias
from mcugen.runtimes.aot.lower.weighted import (
    output_range,
    right_shifts,
    weight_constants,
)
from mcugen.runtimes.aot.program import (
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    int32,
    output_view,
    variants,
)

GROUP = 4
"""Channels that the kernel for DSP computes side by side."""

WORD_BYTES = 4
UNROLL = 3
"""Steps of its inner loop are padded to a multiple of this."""

MAX_WINDOW_BYTES = 2048
"""Bounds the widened rows that the kernel for DSP holds, unless one window alone is larger."""

PLANES = 8
"""Channels that the kernel for MVE takes apart together."""

VECTOR_BYTES = 16
MAX_PLANE_BYTES = 256
LEAST_SLIDE_BYTES = 64
"""A channel's part of its scratch memory, unless one window is larger, and what of it is kept for
windows that slide from row to row."""

MAX_TAPS = 4096
"""Keeps the offsets of eight planes within 16 bits."""


def depthwise_conv_2d(x: Operands) -> list[Step]:
    """Any depthwise convolution."""
    _, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    step = Step(
        kernel="depthwise_conv_s8",
        params={
            "input_h": input_h,
            "input_w": input_w,
            "channels": channels,
            "depth_multiplier": x.attributes.depth_multiplier,
            "output_h": output_h,
            "output_w": output_w,
            "kernel_h": kernel_h,
            "kernel_w": kernel_w,
            **window_fields(x),
            "input_zero_point": x.input().q.zero_point,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=False),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
    return [step]


@dataclass(frozen=True)
class Tiling:
    """How the kernels for DSP go over the image, and the scratch memory that it takes."""

    rows: int
    tile_w: int
    scratch_bytes: int


def tiling(x: Operands) -> Tiling:
    """Windows are widened in pairs of rows, for four channels at a time."""
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    window = x.attributes.window
    # A second row costs nothing more to multiply only if the first one leaves half a pair empty.
    shares = window.stride_h == window.dilation_h == 1 and kernel_h % 2 == 1 and output_h > 1
    rows = 2 if shares else 1
    pairs = (kernel_h + rows) // 2
    column_bytes = pairs * GROUP * WORD_BYTES
    columns = max(MAX_WINDOW_BYTES // column_bytes, kernel_w)
    tile_w = min(output_w, (columns - kernel_w) // window.stride_w + 1)
    columns = (tile_w - 1) * window.stride_w + kernel_w
    steps = kernel_w * pairs
    padding = -steps % UNROLL
    step_bytes = GROUP * WORD_BYTES
    # Where steps are padded with weights of 0, the last window is read beyond its end.
    behind = padding * step_bytes
    weights_bytes = rows * (steps + padding) * step_bytes
    return Tiling(rows, tile_w, weights_bytes + columns * column_bytes + behind)


def depthwise_conv_dsp(x: Operands) -> list[Step]:
    """Four channels side by side, in windows of 16-bit pairs."""
    tiles = tiling(x)
    fields = window_fields(x)
    del fields["dilation_w"]
    step = Step(
        kernel="depthwise_conv_s8_dsp",
        params={
            **image_fields(x),
            **fields,
            "rows": tiles.rows,
            "tile_w": tiles.tile_w,
            "input_zero_point": x.input().q.zero_point,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **doubled_constants(x),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=tiles.scratch_bytes,
    )
    return [step]


@dataclass(frozen=True)
class Planes:
    """The tiles that the kernel for MVE goes over the image by, and one channel's part of them."""

    tile_h: int
    tile_w: int
    plane_bytes: int


def planes(x: Operands) -> Planes:
    """Windows that overlap from row to row slide over one plane, as far as it may reach."""
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    window = x.attributes.window
    columns = max((MAX_PLANE_BYTES - LEAST_SLIDE_BYTES) // kernel_h, kernel_w)
    tile_w = min(output_w, (columns - kernel_w) // window.stride_w + 1)
    plane_bytes = ((tile_w - 1) * window.stride_w + kernel_w) * kernel_h
    tile_h = output_h
    if window.dilation_h == 1 and window.stride_h < kernel_h:
        slide_bytes = max(MAX_PLANE_BYTES - plane_bytes, LEAST_SLIDE_BYTES)
        tile_h = min(output_h, slide_bytes // window.stride_h + 1)
        plane_bytes += (tile_h - 1) * window.stride_h
    return Planes(tile_h, tile_w, plane_bytes)


def depthwise_conv_mve(x: Operands) -> list[Step]:
    """Channels are taken apart, so that a window is one run of bytes."""
    tiles = planes(x)
    fields = window_fields(x)
    del fields["dilation_w"]
    step = Step(
        kernel="depthwise_conv_s8_mve",
        params={
            **image_fields(x),
            **fields,
            **vars(tiles),
            "input_zero_point": x.input().q.zero_point,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **planar_constants(x),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=min(PLANES, x.input().shape[3]) * tiles.plane_bytes + VECTOR_BYTES,
    )
    return [step]


def planar_constants(x: Operands) -> dict[str, Field]:
    """Weights channel by channel, and right shifts."""
    multipliers, shifts = right_shifts(x)
    weights = x.input(1).data
    assert weights is not None
    turned = np.ascontiguousarray(weights[0].transpose(2, 1, 0))
    return {
        **weight_constants(x, fold_zero_point=True),
        "weights": Constant(turned, f"weights {list(turned.shape)}"),
        "multiplier": Constant(int32(multipliers), "output multipliers, Q31"),
        "shift": Constant(shifts.astype(np.int8), "output right shifts"),
    }


def doubled_constants(x: Operands) -> dict[str, Field]:
    """Weights in the file's order, and what mcugen_requantize_doubled takes."""
    multipliers, shifts = right_shifts(x)
    return {
        **weight_constants(x, fold_zero_point=True),
        "bias": Constant(int32(2 * folded_bias(x)), "bias, zero point folded in, doubled"),
        "multiplier": Constant(int32(multipliers), "output multipliers, Q31"),
        "shift": Constant(shifts.astype(np.int8), "output right shifts"),
    }


def image_fields(x: Operands) -> dict[str, Field]:
    """Sizes of input, output and kernel."""
    _, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    return {
        "input_h": input_h,
        "input_w": input_w,
        "channels": channels,
        "output_h": output_h,
        "output_w": output_w,
        "kernel_h": kernel_h,
        "kernel_w": kernel_w,
    }


def several_outputs(x: Operands) -> str | None:
    """Every input channel has one filter."""
    multiplier = x.attributes.depth_multiplier
    return f"the depth multiplier is {multiplier}" if multiplier > 1 else None


def vast_window(x: Operands) -> str | None:
    """Offsets from plane to plane fit 16 bits."""
    _, kernel_h, kernel_w, _ = x.input(1).shape
    taps = kernel_h * kernel_w
    return f"a window has {taps} positions" if taps > MAX_TAPS else None


def few_channels(x: Operands) -> str | None:
    """There are at least four channels, a word of them."""
    channels = x.input().shape[3]
    return f"there are {channels} channels" if channels < GROUP else None


def dilated_columns(x: Operands) -> str | None:
    """The columns of a window are neighbours."""
    dilation = x.attributes.window.dilation_w
    return f"the horizontal dilation is {dilation}" if dilation > 1 else None


def as_convolution(x: Operands) -> Operands:
    """A depthwise convolution of one channel, as the convolution that it is.

    Its filters lie side by side, [1, kh, kw, m]; a convolution's one after the other,
    [m, kh, kw, 1].
    """
    weights, attributes = x.input(1), x.attributes
    assert weights.data is not None
    turned = replace(
        weights,
        shape=(weights.shape[3], *weights.shape[1:3], 1),
        data=np.ascontiguousarray(weights.data.transpose(3, 1, 2, 0)),
        quantization=replace(weights.q, axis=0),
    )
    conv = Conv2D(attributes.window, attributes.activation)
    operator = replace(x.operator, attributes=conv)
    return Operands(operator, (x.input(), turned, *x.inputs[2:]), x.outputs)


def one_channel(x: Operands) -> bool:
    """With one input channel it is a convolution."""
    return x.input().shape[3] == 1


def zero_point_overflows(x: Operands) -> str | None:
    """The zero point can be folded into the bias, as convolutions have it."""
    sums, magnitudes = weight_sums(x)
    bias = bias_values(x) - x.input().q.zero_point * sums
    fits = bool(np.all(np.abs(bias) + 128 * magnitudes < 1 << 31))
    return None if fits else "with its zero point folded in, the bias leaves int32"


variants(
    "DEPTHWISE_CONV_2D",
    *(
        variant.through(as_convolution).when(one_channel).unless(zero_point_overflows)
        for variant in CONVOLUTIONS
    ),
    Variant(
        "depthwise_conv_s8_dsp",
        depthwise_conv_dsp,
        frozenset({Isa.DSP}),
        (several_outputs, few_channels, dilated_columns, doubled_sums_overflow),
        "four channels side by side, two taps an instruction",
    ),
    Variant(
        "depthwise_conv_s8_mve",
        depthwise_conv_mve,
        frozenset({Isa.MVE}),
        (several_outputs, few_channels, dilated_columns, vast_window, zero_point_overflows),
        "channels taken apart, sixteen taps of one an instruction",
    ),
    Variant("depthwise_conv_s8", depthwise_conv_2d),
)
