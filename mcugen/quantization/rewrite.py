"""The rewrite itself: int4 weights, and the bias in the unit that follows from their scales."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operands, Operator, Quantization, Tensor
from mcugen.ir.ops.weighted import bias_values, channel_axis
from mcugen.passes.remove_dead_code import compact
from mcugen.quantization.scales import best_scale, four_bit_codes
from mcugen.reference.conv import conv_sums, depthwise_sums
from mcugen.reference.fully_connected import row_sums

Floats = npt.NDArray[np.float64]

SUMS = {
    "CONV_2D": conv_sums,
    "DEPTHWISE_CONV_2D": depthwise_sums,
    "FULLY_CONNECTED": row_sums,
}
"""An operator's output before the bias: linear in the input and in the weights."""


def to_int4(
    graph: Graph, selected: Collection[int], mean_inputs: Mapping[int, Floats] | None = None
) -> Graph:
    """The graph with int4 weights in the operators at the indices `selected`.

    Convolutions get a scale a channel, FULLY_CONNECTED one for all, which is what TFLM takes. A
    constant that other operators read too stays for them. Operators keep their places.

    `mean_inputs` has the mean code of every element of an operator's first input. With it, biases
    are corrected: rounded weights shift the mean of a channel by (mean input) * (error of the
    weights), and that much is taken off its bias (Nagel et al., "Data-Free Quantization through
    Weight Equalization and Bias Correction", 2019).
    """
    rewriter = _Rewriter(graph, list(graph.tensors), {})
    operators = tuple(
        rewriter.rewritten(operator, (mean_inputs or {}).get(i)) if i in selected else operator
        for i, operator in enumerate(graph.operators)
    )
    return compact(replace(graph, tensors=tuple(rewriter.tensors), operators=operators))


def real_values(weights: Tensor, axis: int) -> Floats:
    """Constant weights as real numbers, in their shape; scales run along `axis`."""
    assert weights.data is not None
    scales = np.reshape(
        weights.q.scales, [-1 if i == axis else 1 for i in range(weights.data.ndim)]
    )
    product: Floats = weights.data * scales
    return product


@dataclass
class _Rewriter:
    """`tensors` grows by the new constants; `made` has those that another operator may share."""

    graph: Graph
    tensors: list[Tensor]
    made: dict[tuple[int, int], int]

    def rewritten(self, operator: Operator, mean_input: Floats | None) -> Operator:
        x = self.graph.operands(operator)
        key = operator.inputs[1], channel_axis(x)
        if key not in self.made:
            self.made[key] = self._add(_int4_weights(x))
        weights = self.tensors[self.made[key]]
        shift = _mean_shift(x, weights, mean_input)
        inputs = [operator.inputs[0], self.made[key]]
        if x.optional_input(2) is not None or np.any(shift):
            inputs.append(self._add(_bias(x, weights, shift)))
        return replace(operator, inputs=tuple(inputs))

    def _add(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def _int4_weights(x: Operands) -> Tensor:
    weights, axis = x.input(1), channel_axis(x)
    values = np.moveaxis(real_values(weights, axis), axis, 0)
    per_tensor = x.operator.name == "FULLY_CONNECTED"
    scales = np.array([best_scale(v) for v in ([values] if per_tensor else values)])
    codes = four_bit_codes(values, scales.reshape(-1, *[1] * (values.ndim - 1)))
    # Zeros are zeros at any scale: they keep the one that they had.
    chosen = np.where(scales > 0, scales, np.resize(weights.q.scales, scales.shape))
    return Tensor(
        weights.name,
        weights.shape,
        DType.INT4,
        Quantization(tuple(chosen.tolist()), (0,) * len(chosen), axis if len(chosen) > 1 else 0),
        _frozen(np.ascontiguousarray(np.moveaxis(codes, 0, axis))),
    )


def _mean_shift(x: Operands, weights: Tensor, mean_input: Floats | None) -> Floats:
    """By how much the new weights raise each channel's mean, in units of the input's scale."""
    axis = channel_axis(x)
    if mean_input is None:
        return np.zeros(weights.shape[axis])
    error = real_values(weights, axis) - real_values(x.input(1), axis)
    sums = SUMS[x.operator.name](x, mean_input - x.input().q.zero_point, error)
    shift: Floats = sums.reshape(-1, sums.shape[-1]).mean(axis=0)
    return shift


def _bias(x: Operands, weights: Tensor, shift: Floats) -> Tensor:
    """The bias less `shift`, in units of input scale * weight scale, as TFLite wants it."""
    old, new = np.array(x.input(1).q.scales), np.array(weights.q.scales)
    info = np.iinfo(np.int32)
    codes = np.clip(np.rint((bias_values(x) * old - shift) / new), info.min, info.max)
    bias = x.optional_input(2)
    name, shape = (bias.name, bias.shape) if bias else (f"{weights.name}/bias", shift.shape)
    scales = tuple(float32(x.input().q.scale * scale) for scale in weights.q.scales)
    quantization = Quantization(scales, (0,) * len(scales))
    data = _frozen(codes.astype(np.int32).reshape(shape))
    return Tensor(name, shape, DType.INT32, quantization, data)


def _frozen(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    data.flags.writeable = False
    return data
