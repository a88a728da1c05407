"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir.graph import Operands
from mcugen.ir.ops.conv import Conv2D
from mcugen.ir.ops.weighted import bias_values, weight_sums
from mcugen.runtimes.aot.lower.conv import conv_2d, window_fields
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import Alias, Step, input_view, lowering, output_view


@lowering("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(x: Operands) -> list[Step] | Alias:
    _, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    if channels == 1 and folded_bias_fits(x):
        return conv_2d(as_convolution(x))
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
            **window_fields(x.attributes.window),
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


def folded_bias_fits(x: Operands) -> bool:
    """Whether no sum leaves int32 once the input's zero point is folded into the bias."""
    sums, magnitudes = weight_sums(x)
    bias = bias_values(x) - x.input().q.zero_point * sums
    return bool(np.all(np.abs(bias) + 128 * magnitudes < 1 << 31))
