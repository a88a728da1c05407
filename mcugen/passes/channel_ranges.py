"""Interval analysis: which codes each channel of a tensor can take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, requantize
from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor
from mcugen.ir.ops.weighted import bias_values, channel_axis, channel_multipliers
from mcugen.ir.ops.window import Pads

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
CHANNELWISE = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE")
"""Operators without weights that leave a channel's constant as it is."""


@dataclass(frozen=True, eq=False)
class Range:
    """The least and the greatest code of each channel (the last axis)."""

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """The channels that hold one code."""
        same: npt.NDArray[np.bool_] = self.low == self.high
        return same


def channel_ranges(graph: Graph) -> dict[int, Range]:
    """Ranges of the int8 tensors that operators with weights make, and of what passes them on.

    Convolutions are monotonic in every input, and rescaling is monotonic, so the ends of a sum's
    interval give the ends of the code's.
    """
    ranges: dict[int, Range] = {}
    for x in graph:
        source, target = x.operator.inputs[:1], x.operator.outputs
        if x.operator.name in WEIGHTED and x.input().dtype is DType.INT8:
            known = ranges.get(source[0], full_range(x.input()))
            ranges[target[0]] = weighted_range(x, known)
        elif passes_channels(x) and source[0] in ranges:
            limits = activation_limits(x)
            known = ranges[source[0]]
            ranges[target[0]] = Range(np.clip(known.low, *limits), np.clip(known.high, *limits))
    return ranges


def full_range(tensor: Tensor) -> Range:
    """Every code of int8."""
    channels = tensor.shape[-1] if tensor.shape else 1
    return Range(np.full(channels, -128), np.full(channels, 127))


def passes_channels(x: Operands) -> bool:
    """Whether each output channel depends on the same input channel alone, constants unchanged."""
    if x.operator.name not in CHANNELWISE or x.input().dtype is not DType.INT8:
        return False
    return x.input().shape[-1:] == x.output().shape[-1:] and x.input().shape != ()


def activation_limits(x: Operands) -> tuple[int, int]:
    """The codes that the operator's fused activation allows, all of them if it has none."""
    if x.operator.name == "RESHAPE":
        return -128, 127
    return activation_range(x.attributes.activation, x.output().q, x.output().dtype)


def weighted_range(x: Operands, source: Range) -> Range:
    """The range of the output of an operator with weights."""
    data = x.input(1).data
    assert data is not None
    axis, zero_point = channel_axis(x), x.input().q.zero_point
    low, high = source.low - zero_point, source.high - zero_point
    if x.operator.name != "FULLY_CONNECTED" and x.attributes.window.pads != Pads():
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    weights = np.moveaxis(data, axis, -1).astype(np.int64)
    if x.operator.name == "DEPTHWISE_CONV_2D":
        # [1, kh, kw, channels]: an output channel sees one input channel.
        low, high = (np.repeat(v, x.attributes.depth_multiplier) for v in (low, high))
    elif weights.shape[-2] != len(low):
        # Groups, or rows that a reshape would have to split: [.., depth, units].
        low, high = np.full(weights.shape[-2], low.min()), np.full(weights.shape[-2], high.max())
    if x.operator.name != "DEPTHWISE_CONV_2D":
        low, high = low[:, np.newaxis], high[:, np.newaxis]
    positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
    channels = data.shape[axis]
    least = (low * positive + high * negative).reshape(-1, channels).sum(axis=0)
    most = (high * positive + low * negative).reshape(-1, channels).sum(axis=0)
    limits = activation_limits(x)
    return Range(*(_codes(x, sums, limits) for sums in (least, most)))


def _codes(
    x: Operands, sums: npt.NDArray[np.int64], limits: tuple[int, int]
) -> npt.NDArray[np.int64]:
    scaled = requantize(sums + bias_values(x), *channel_multipliers(x))
    codes: npt.NDArray[np.int64] = np.clip(scaled + x.output().q.zero_point, *limits)
    return codes


def own_bias(x: Operands, values: npt.NDArray[np.int64]) -> Tensor:
    """A bias for an operator with weights; with one weight scale it must state its own."""
    weights, bias = x.input(1), x.optional_input(2)
    quantization = None
    if not weights.q.is_per_channel:
        quantization = Quantization((x.input().q.scale * weights.q.scale,), (0,))
    name = weights.name if bias is None else bias.name
    return Tensor(name, values.shape, DType.INT32, quantization, values.astype(np.int32))
