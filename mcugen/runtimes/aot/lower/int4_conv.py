"""CONV_2D and FULLY_CONNECTED with 4-bit weights and packed 4-bit activations.

The layout and why it is exact: mcugen/cmsis_nn_int4/include/mcugen_matmul_w4a4.h.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import Operands
from mcugen.ir.multiply_add import MultiplyAdd
from mcugen.ir.ops.conv import Conv2D
from mcugen.ir.ops.window import Pads, Window
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower import int4_requantization as shared
from mcugen.runtimes.aot.lower.conv import in_groups, window_fields
from mcugen.runtimes.aot.lower.int4_requantization import ACTIVATIONS
from mcugen.runtimes.aot.lower.pairs import channel_rows, folded_bias, paired
from mcugen.runtimes.aot.program import (
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    int32,
    output_view,
)

PIXELS = 4
"""Pixels that the kernel multiplies side by side."""

EIGHT = (0, 4, 1, 5, 2, 6, 3, 7)
"""The order in which it takes eight depths apart."""

LOW_SUMS = (-(1 << 11), (1 << 11) - 1)
"""The sums of an even channel that a segment's 12 bits can hold."""


def conv_w4a4(x: Operands) -> list[Step]:
    """Windows are unpacked four at a time and multiplied with two channels a lane."""
    _, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, units = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    rows = depths(x)
    depth, segment = rows.shape[1], segment_depth(rows)
    segments = -(-depth // segment)
    low, high = activation_range(x.attributes.activation, x.output().q, x.output().dtype)
    constants = shared.requantization(x, surplus(x))
    assert isinstance(constants, MultiplyAdd)
    params: dict[str, Field] = {
        "input_h": input_h,
        "input_w": input_w,
        "pixel_bytes": (channels + 1) // 2,
        "output_h": output_h,
        "output_w": output_w,
        "kernel_h": kernel_h,
        "kernel_w": kernel_w,
        **window_fields(x),
        "input_zero_point": x.input().q.zero_point,
        "matmul.depth": depth,
        "matmul.first_segment": depth - (segments - 1) * segment,
        "matmul.segment": segment,
        "matmul.units": units,
        "matmul.output_bits": x.output().dtype.bits,
        "matmul.activation_min": low,
        "matmul.activation_max": high,
        "matmul.signed_sums": int(constants.signed),
        "matmul.weights": Constant(nibbles(rows), f"weights {list(x.input(1).shape)}, 4 bits"),
        "matmul.channels": Constant(int32(channel_words(x, constants)), "requantization"),
    }
    step = Step(
        kernel="conv_w4a4",
        params=params,
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=4 * PIXELS * (depth // 2 + segments) + depth // 2,
        sources=("matmul_w4a4",),
    )
    return [step]


def depths(x: Operands) -> npt.NDArray[np.int64]:
    """Weights as [units][depth]: each pixel's channels made even, the whole a multiple of 8."""
    units, kernel_h, kernel_w, channels = x.input(1).shape
    taps = channel_rows(x).reshape(units, kernel_h * kernel_w, channels)
    rows = np.pad(taps, ((0, 0), (0, 0), (0, channels % 2))).reshape(units, -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))


def segment_depth(rows: npt.NDArray[np.int64]) -> int:
    """The longest multiple of 8 after which no even channel's low 12 bits can have overflowed.

    The first segment may be shorter. A segment's sum is least, and greatest, where every
    activation is at the end of its range that the weight's sign asks for.
    """
    even = paired(rows)[0]
    depth: int = rows.shape[1]
    for count in range(1, depth // 8 + 1):
        segment = 8 * -(-depth // (8 * count))
        parts = np.pad(even, ((0, 0), (-depth % segment, 0))).reshape(len(even), -1, segment)
        low, high = shared.extremes(parts)
        if low.min() >= LOW_SUMS[0] and high.max() <= LOW_SUMS[1]:
            return segment
    raise AssertionError("eight products of 4 bits fit into 12")


def nibbles(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """[units][depth] weights as [ceil(units / 2)][depth / 4] words."""
    ordered = rows.reshape(len(rows), -1, 8)[:, :, EIGHT].reshape(len(rows), -1, 4)
    u, v = paired(ordered.reshape(len(rows), -1))
    u, v = (u + 8).reshape(len(u), -1, 4), v.reshape(len(v), -1, 4)
    a, b, c, d = range(4)
    # From the highest nibble down.
    fields = (
        v[..., b],
        u[..., d],
        v[..., c],
        u[..., b],
        v[..., a],
        u[..., c],
        v[..., d],
        u[..., a],
    )
    words = np.zeros(u.shape[:2], np.uint32)
    for field in fields:
        words = words << np.uint32(4) | (field & 15).astype(np.uint32)
    return words


def surplus(x: Operands) -> npt.NDArray[np.int64]:
    """By how much the kernel's sum of each channel is too high."""
    return np.where(np.arange(len(channel_rows(x))) % 2 == 0, -LOW_SUMS[0], 0)


def channel_words(x: Operands, constants: MultiplyAdd) -> npt.NDArray[np.int64]:
    """mcugen_multiply_add of each channel, and of one of zeros to make them even."""
    bias = folded_bias(x) - surplus(x) if constants.signed else np.zeros_like(constants.offsets)
    return shared.channel_words(constants, bias)


def wide_weights(x: Operands) -> str | None:
    """Weights are codes of 4 bits."""
    rows = channel_rows(x)
    wide = np.flatnonzero(((rows < ACTIVATIONS[0]) | (rows > ACTIVATIONS[1])).any(axis=1))
    return f"channel {wide[0]} has weights of more than 4 bits" if len(wide) else None


def sums_overflow(x: Operands) -> str | None:
    """Sums of products, as the kernel has them and with the bias, have 16 bits."""
    return shared.sums_overflow(x, surplus(x))


def two_roundings(x: Operands) -> str | None:
    """Requantization is one multiply-add, by proof."""
    constants = shared.requantization(x, surplus(x))
    return constants if isinstance(constants, str) else None


def as_convolution(x: Operands) -> Operands:
    """FULLY_CONNECTED as the 1x1 convolution of its rows, which lie along the width."""
    units, depth = x.input(1).shape
    rows = x.output().elements // units
    conv = Conv2D(Window(1, 1, 1, 1, "VALID", Pads()), x.attributes.activation)
    weights = x.input(1)
    data = weights.data
    assert data is not None
    return Operands(
        replace(x.operator, attributes=conv),
        (
            replace(x.input(), shape=(1, 1, rows, depth)),
            replace(weights, shape=(units, 1, 1, depth), data=data.reshape(units, 1, 1, depth)),
            *x.inputs[2:],
        ),
        (replace(x.output(), shape=(1, 1, rows, units)),),
    )


CONV_W4A4 = Variant(
    "conv_w4a4",
    conv_w4a4,
    # With MVE the 8-bit kernels are faster, unpacking and packing included.
    frozenset({Isa.PORTABLE, Isa.DSP}),
    (shared.input_has_8_bits, in_groups, wide_weights, sums_overflow, two_roundings),
    "two channels a lane, four products an instruction: 13 instructions for 32 products",
)
