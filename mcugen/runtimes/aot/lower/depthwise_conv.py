"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir.graph import Operands
from mcugen.ir.ops.conv import Conv2D
from mcugen.ir.ops.weighted import bias_values, weight_sums
from mcugen.runtimes.aot.lower.conv import CONVOLUTIONS, window_fields
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import Step, Variant, input_view, output_view, variants


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


def several_channels(x: Operands) -> str | None:
    """With one input channel it is a convolution, if the zero point can be folded into the bias."""
    channels = x.input().shape[3]
    if channels > 1:
        return f"there are {channels} input channels"
    sums, magnitudes = weight_sums(x)
    bias = bias_values(x) - x.input().q.zero_point * sums
    fits = bool(np.all(np.abs(bias) + 128 * magnitudes < 1 << 31))
    return None if fits else "with its zero point folded in, the bias leaves int32"


variants(
    "DEPTHWISE_CONV_2D",
    *(v.through(as_convolution).unless(several_channels) for v in CONVOLUTIONS),
    Variant("depthwise_conv_s8", depthwise_conv_2d),
)
