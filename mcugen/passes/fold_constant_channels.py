"""Output channels that give one code whatever the input get weights of zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor
from mcugen.ir.ops.weighted import bias_values, channel_axis
from mcugen.passes.channel_ranges import WEIGHTED, Range, channel_ranges, own_bias

SCALE = 0.25
"""The rescaling given to such a channel: its bias is four times what the code is off zero."""


def fold_constant_channels(graph: Graph) -> Graph:
    """Training leaves dead channels: tiny or no weights, and a bias near 2^30 that saturates.

    Zero weights, a small bias and an ordinary scale give the same code, and keep the channel within
    the bounds that fast kernels ask for.
    """
    ranges = channel_ranges(graph)
    tensors, operators = list(graph.tensors), list(graph.operators)
    for i, x in enumerate(graph):
        if x.operator.name not in WEIGHTED or x.input().dtype is not DType.INT8:
            continue
        found = ranges[x.operator.outputs[0]]
        if found.constant.any():
            first = len(tensors)
            tensors += _simplified(x, found)
            inputs = (x.operator.inputs[0], first, first + 1)
            operators[i] = replace(x.operator, inputs=inputs)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))


def _simplified(x: Operands, found: Range) -> tuple[Tensor, Tensor]:
    """Weights and bias with the constant channels made plain."""
    weights = x.input(1)
    assert weights.data is not None
    axis, constant = channel_axis(x), found.constant
    shape = [1] * len(weights.shape)
    shape[axis] = -1
    scales = np.broadcast_to(np.asarray(weights.q.scales), constant.shape)
    ordinary = SCALE * x.output().q.scale / x.input().q.scale
    scales = np.where(constant, ordinary, scales)
    offsets = (found.low - x.output().q.zero_point) / SCALE
    biases = np.where(constant, offsets, bias_values(x)).astype(np.int64)
    plain = replace(
        weights,
        data=np.where(constant.reshape(shape), 0, weights.data).astype(weights.data.dtype),
        quantization=Quantization(tuple(scales.tolist()), (0,) * len(scales), axis),
    )
    return plain, own_bias(replace(x, inputs=(x.input(), plain, *x.inputs[2:])), biases)
