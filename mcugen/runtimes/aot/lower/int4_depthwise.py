"""Depthwise convolution of packed 4-bit activations on cores with DSP.

The layout: mcugen/cmsis_nn_int4/include/mcugen_depthwise_conv_a4_dsp.h.
"""

from __future__ import annotations

import numpy as np

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import DType, Operands
from mcugen.ir.multiply_add import FINE_BITS, MultiplyAdd
from mcugen.ir.ops.weighted import weight_sums
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower import int4_requantization as shared
from mcugen.runtimes.aot.lower.conv import window_fields
from mcugen.runtimes.aot.lower.depthwise_conv import (
    GROUP,
    dilated_columns,
    image_fields,
    several_outputs,
    tiling,
)
from mcugen.runtimes.aot.lower.pairs import folded_bias
from mcugen.runtimes.aot.program import (
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    int32,
    output_view,
)


def depthwise_conv_a4(x: Operands) -> list[Step]:
    """Windows are unpacked for four channels at a time, which are packed again at once."""
    weights = x.input(1).data
    constants = requantization(x)
    assert weights is not None and isinstance(constants, MultiplyAdd)
    channels = x.input().shape[3]
    even = np.pad(weights, ((0, 0), (0, 0), (0, 0), (0, channels % 2)))
    # Stored codes are distances from -8.
    start = folded_bias(x) + shared.ACTIVATIONS[0] * weight_sums(x)[0]
    tiles = tiling(x)
    low, high = activation_range(x.attributes.activation, x.output().q, x.output().dtype)
    fields: dict[str, Field] = {
        **image_fields(x),
        "channels": even.shape[3],
        **window_fields(x),
        "rows": tiles.rows,
        "tile_w": tiles.tile_w,
        "input_zero_point": x.input().q.zero_point,
        "activation_min": low,
        "activation_max": high,
        "is_plain": int(shared.is_plain(x, constants)),
        "is_odd": channels % 2,
        "weights": Constant(even, f"weights {list(even.shape)}"),
        "constants": Constant(int32(shared.channel_words(constants, start)), "requantization"),
    }
    del fields["dilation_w"]
    step = Step(
        kernel="depthwise_conv_a4_dsp",
        params=fields,
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=tiles.scratch_bytes,
    )
    return [step]


def requantization(x: Operands) -> MultiplyAdd | str:
    """Its constants, or why there are none. The kernel's sums start from the bias."""
    return shared.requantization(x, folded_bias(x), FINE_BITS)


def output_has_8_bits(x: Operands) -> str | None:
    """The output has 4 bits, too."""
    return None if x.output().dtype is DType.INT4 else "the output has 8 bits"


def few_channels(x: Operands) -> str | None:
    """There are two bytes of channels, or more."""
    channels = x.input().shape[3]
    return f"there are {channels} channels" if channels + channels % 2 < GROUP else None


def sums_overflow(x: Operands) -> str | None:
    """Sums have 16 bits."""
    return shared.sums_overflow(x, folded_bias(x))


def two_roundings(x: Operands) -> str | None:
    """Requantization is one multiply-add, by proof."""
    constants = requantization(x)
    return constants if isinstance(constants, str) else None


DEPTHWISE_CONV_A4 = Variant(
    "depthwise_conv_a4_dsp",
    depthwise_conv_a4,
    frozenset({Isa.DSP}),
    (
        shared.input_has_8_bits,
        output_has_8_bits,
        several_outputs,
        few_channels,
        dilated_columns,
        sums_overflow,
        two_roundings,
    ),
    "four channels side by side, unpacked to windows and packed again on the way",
)
