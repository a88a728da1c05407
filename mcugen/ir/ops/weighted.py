"""Constant weights along one output-channel axis: what convolutions and FULLY_CONNECTED share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import quantize_multiplier

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands

ACCUMULATOR_LIMIT = (1 << 31) - (1 << 8)
"""Headroom of 256 below int32, so that adding the output's zero point cannot overflow either."""


def channel_axis(x: Operands) -> int:
    """The axis of the weights along which the output channels lie."""
    return 3 if x.operator.name == "DEPTHWISE_CONV_2D" else 0


def weights_arity(x: Operands) -> str | None:
    """Inputs are activations, weights and an optional bias; there is one output."""
    if len(x.inputs) not in (2, 3) or len(x.outputs) != 1:
        return f"{len(x.inputs)} inputs and {len(x.outputs)} outputs"
    return "absent activations or weights" if None in (*x.inputs[:2], *x.outputs) else None


def constant_weights(x: Operands) -> str | None:
    """Weights are int8 or int4 constants; the bias, if any, is an int32 constant."""
    weights, bias = x.input(1), x.optional_input(2)
    for tensor, kinds in ((weights, ("int8", "int4")), (bias, ("int32",))):
        if tensor is not None and not (tensor.is_constant and tensor.dtype.value in kinds):
            constant = "constant" if tensor.is_constant else "variable"
            return f"'{tensor.name}' is a {constant} {tensor.dtype.value} tensor"
    return None


def symmetric_weights(x: Operands) -> str | None:
    """Weights are symmetric (zero points are 0), with one scale or one per output channel."""
    weights = x.input(1)
    quantization = weights.quantization
    if quantization is None:
        return f"'{weights.name}' is not quantized"
    if any(quantization.zero_points):
        return f"'{weights.name}' has a zero point of {max(quantization.zero_points, key=abs)}"
    scales, axis = len(quantization.scales), channel_axis(x)
    channels = weights.shape[axis] if axis < len(weights.shape) else 0
    if scales not in (1, channels):
        return f"{scales} scales for {channels} channels"
    if scales > 1 and quantization.axis != axis:
        return f"scales run along axis {quantization.axis}, channels along axis {axis}"
    return None


def accumulator_fits(x: Operands) -> str | None:
    """For no input can a channel's sum of products, rescaled, overflow int32."""
    _, magnitudes = weight_sums(x)
    _, shifts = channel_multipliers(x)
    # An input minus its zero point is at most 255; a zero point folded into the bias makes the
    # bias at most 128 |w| larger and each product at most 128 |w|.
    peaks = magnitudes * 256 + np.abs(bias_values(x))
    scaled = np.minimum(peaks, ACCUMULATOR_LIMIT) << np.maximum(shifts, 0)
    for channel in np.flatnonzero(scaled >= ACCUMULATOR_LIMIT):
        return f"channel {channel} may reach {peaks[channel]} * 2^{max(shifts[channel], 0)}"
    return None


def bias_values(x: Operands) -> npt.NDArray[np.int64]:
    """The bias of every output channel, zeros if it is absent."""
    bias, channels = x.optional_input(2), x.input(1).shape[channel_axis(x)]
    if bias is None or bias.data is None:
        return np.zeros(channels, np.int64)
    return bias.data.reshape(-1).astype(np.int64)


def weight_sums(x: Operands) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per output channel: the sum of its weights, and of their magnitudes."""
    data = x.input(1).data
    assert data is not None
    wide: npt.NDArray[Any] = np.moveaxis(data, channel_axis(x), 0).astype(np.int64)
    wide = wide.reshape(len(wide), -1)
    return wide.sum(axis=1), np.abs(wide).sum(axis=1)


def channel_multipliers(x: Operands) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """TFLite's fixed-point multipliers and shifts of every output channel.

    The real multiplier is input scale * weight scale / output scale in double precision. TFLM of
    early 2026 and before rounds FULLY_CONNECTED's product of scales to single precision, which
    changes about one output in a million; the oracle's version does not.
    """
    weights = x.input(1)
    source, target = x.input().q.scale, x.output().q.scale
    pairs = [quantize_multiplier(source * scale / target) for scale in weights.q.scales]
    channels = weights.shape[channel_axis(x)]
    table = np.broadcast_to(np.array(pairs, np.int64), (channels, 2))
    return table[:, 0], table[:, 1]
