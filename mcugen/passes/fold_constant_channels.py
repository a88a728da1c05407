"""Output channels that give one code whatever the input get weights of zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, requantize
from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor
from mcugen.ir.ops.weighted import bias_values, channel_axis, channel_multipliers

OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
SCALE = 0.25
"""The rescaling given to such a channel: its bias is four times what the code is off zero."""


def fold_constant_channels(graph: Graph) -> Graph:
    """Training leaves dead channels: tiny or no weights, and a bias near 2^30 that saturates.

    Zero weights, a small bias and an ordinary scale give the same code, and keep the channel within
    the bounds that fast kernels ask for.
    """
    tensors, operators = list(graph.tensors), list(graph.operators)
    for i, x in enumerate(graph):
        if x.operator.name not in OPERATORS or x.input().dtype is not DType.INT8:
            continue
        codes, constant = constant_codes(x)
        if not constant.any():
            continue
        first = len(tensors)
        tensors += _simplified(x, codes, constant)
        inputs = (x.operator.inputs[0], first, first + 1)
        operators[i] = replace(x.operator, inputs=inputs)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))


def constant_codes(x: Operands) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Each channel's code for its least sum, and whether its greatest sum gives the same.

    Rescaling is monotonic, so every sum between them gives that code too.
    """
    data = x.input(1).data
    assert data is not None
    axis, zero_point = channel_axis(x), x.input().q.zero_point
    rows = np.moveaxis(data, axis, 0).reshape(data.shape[axis], -1).astype(np.int64)
    positive, negative = np.maximum(rows, 0).sum(axis=1), np.minimum(rows, 0).sum(axis=1)
    low, high = -128 - zero_point, 127 - zero_point
    least = bias_values(x) + low * positive + high * negative
    most = bias_values(x) + high * positive + low * negative
    output = x.output()
    limits = activation_range(x.attributes.activation, output.q, output.dtype)
    multipliers = channel_multipliers(x)
    first, last = (
        np.clip(requantize(sums, *multipliers) + output.q.zero_point, *limits)
        for sums in (least, most)
    )
    return first, first == last


def _simplified(
    x: Operands, codes: npt.NDArray[np.int64], constant: npt.NDArray[np.bool_]
) -> tuple[Tensor, Tensor]:
    """Weights and bias with the constant channels made plain."""
    weights, bias = x.input(1), x.optional_input(2)
    assert weights.data is not None
    axis = channel_axis(x)
    shape = [1] * len(weights.shape)
    shape[axis] = -1
    scales = np.broadcast_to(np.asarray(weights.q.scales), constant.shape)
    ordinary = SCALE * x.output().q.scale / x.input().q.scale
    scales = np.where(constant, ordinary, scales)
    biases = np.where(constant, (codes - x.output().q.zero_point) / SCALE, bias_values(x))
    name = weights.name if bias is None else bias.name
    return (
        replace(
            weights,
            data=np.where(constant.reshape(shape), 0, weights.data).astype(weights.data.dtype),
            quantization=Quantization(tuple(scales.tolist()), (0,) * len(scales), axis),
        ),
        Tensor(name, biases.shape, DType.INT32, data=biases.astype(np.int32)),
    )
