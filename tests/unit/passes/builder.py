"""Builds small graphs for the passes, an operator a call, and compares them with their rewrites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.concat import Concatenation
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.pad import Pad, PadV2
from mcugen.ir.ops.pool import AveragePool2D
from mcugen.ir.ops.quantize import Quantize
from mcugen.ir.ops.reshape import Reshape, Shape
from mcugen.ir.ops.slice import Slice
from mcugen.ir.ops.state import AssignVariable, ReadVariable
from mcugen.ir.ops.transpose import Transpose
from mcugen.reference import evaluate
from mcugen.reference.registry import initial_state

QUANTIZATION = Quantization((0.5,), (3,))
OTHER = Quantization((0.25,), (3,))


class Builder:
    """A graph under construction; every method returns the index of the tensor it adds."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.inputs: list[int] = []
        self.variables: list[Variable] = []

    def tensor(
        self,
        shape: tuple[int, ...],
        data: Any = None,
        dtype: DType = DType.INT8,
        quantization: Quantization | None = QUANTIZATION,
    ) -> int:
        if data is not None:
            data = np.asarray(data, dtype.numpy).reshape(shape)
        place = len(self.tensors)
        kept = quantization if dtype is DType.INT8 else None
        self.tensors.append(Tensor(f"t{place}", shape, dtype, kept, data, place))
        return place

    def input(self, shape: tuple[int, ...]) -> int:
        self.inputs.append(self.tensor(shape))
        return self.inputs[-1]

    def constant(self, shape: tuple[int, ...], seed: int = 0) -> int:
        return self.tensor(shape, np.random.default_rng(seed).integers(-128, 128, shape))

    def integers(self, values: Any) -> int:
        data = np.asarray(values, np.int32)
        return self.tensor(data.shape, data, DType.INT32)

    def apply(
        self,
        operator: type[Attributes],
        inputs: list[int],
        shape: tuple[int, ...],
        options: Mapping[str, Any] | None = None,
        quantization: Quantization = QUANTIZATION,
        dtype: DType = DType.INT8,
    ) -> int:
        output = self.tensor(shape, None, dtype, quantization)
        attributes = operator.from_options(
            options or {}, tuple(self.tensors[i] for i in inputs), (self.tensors[output],)
        )
        self.operators.append(Operator(attributes, tuple(inputs), (output,), len(self.operators)))
        return output

    def shape(self, t: int) -> tuple[int, ...]:
        return self.tensors[t].shape

    def reshape(self, t: int, shape: tuple[int, ...]) -> int:
        return self.apply(Reshape, [t], shape)

    def shape_of(self, t: int) -> int:
        return self.apply(Shape, [t], (len(self.shape(t)),), dtype=DType.INT32)

    def transpose(self, t: int, perm: tuple[int, ...]) -> int:
        shape = tuple(self.shape(t)[axis] for axis in perm)
        return self.apply(Transpose, [t, self.integers(perm)], shape)

    def quantize(self, t: int, quantization: Quantization = QUANTIZATION) -> int:
        return self.apply(Quantize, [t], self.shape(t), quantization=quantization)

    def concat(self, ts: list[int], axis: int) -> int:
        shape = list(self.shape(ts[0]))
        shape[axis] = sum(self.shape(t)[axis] for t in ts)
        options = {"axis": axis, "fused_activation_function": "NONE"}
        return self.apply(Concatenation, ts, tuple(shape), options)

    def slice(self, t: int, begin: tuple[int, ...], size: tuple[int, ...]) -> int:
        return self.apply(Slice, [t, self.integers(begin), self.integers(size)], size)

    def pad(self, t: int, pairs: Any, value: int | None = None) -> int:
        shape = tuple(n + a + b for n, (a, b) in zip(self.shape(t), pairs, strict=True))
        inputs = [t, self.integers(pairs)]
        if value is None:
            return self.apply(Pad, inputs, shape)
        return self.apply(PadV2, [*inputs, self.tensor((), value)], shape)

    def conv(self, t: int, depthwise: bool = False, padding: str = "VALID") -> int:
        """A convolution with a 2x2 kernel, and three output channels if it is not depthwise."""
        _, h, w, c = self.shape(t)
        shape = (1, 2, 2, c) if depthwise else (3, 2, 2, c)
        symmetric = Quantization((0.0625,), (0,))
        data = np.random.default_rng(1).integers(-128, 128, shape)
        weights = self.tensor(shape, data, quantization=symmetric)
        options = {
            "padding": padding,
            "stride_h": 1,
            "stride_w": 1,
            "dilation_h_factor": 1,
            "dilation_w_factor": 1,
            "depth_multiplier": 1,
            "fused_activation_function": "NONE",
        }
        if padding == "VALID":
            h, w = h - 1, w - 1
        output = (1, h, w, c if depthwise else 3)
        operator: type[Attributes] = DepthwiseConv2D if depthwise else Conv2D
        return self.apply(operator, [t, weights], output, options)

    def pointwise(self, t: int, biases: Sequence[int], dead: Sequence[int] = ()) -> int:
        """A 1x1 convolution with a channel a bias; those in `dead` have no weights."""
        _, h, w, c = self.shape(t)
        units = len(biases)
        data = np.random.default_rng(units).integers(-127, 128, (units, 1, 1, c))
        data[list(dead)] = 0
        scales = tuple(2.0**-25 if i in dead else 0.0078125 for i in range(units))
        weights = self.tensor(data.shape, data, quantization=Quantization(scales, (0,) * units))
        options = {
            "padding": "VALID",
            "stride_h": 1,
            "stride_w": 1,
            "dilation_h_factor": 1,
            "dilation_w_factor": 1,
            "fused_activation_function": "NONE",
        }
        return self.apply(Conv2D, [t, weights, self.integers(biases)], (1, h, w, units), options)

    def fully_connected(self, t: int, units: int) -> int:
        """The innermost axis as rows."""
        depth = self.shape(t)[-1]
        data = np.random.default_rng(depth).integers(-127, 128, (units, depth))
        weights = self.tensor(data.shape, data, quantization=Quantization((0.0078125,), (0,)))
        options = {
            "fused_activation_function": "NONE",
            "keep_num_dims": True,
            "weights_format": "DEFAULT",
        }
        shape = (*self.shape(t)[:-1], units)
        return self.apply(FullyConnected, [t, weights], shape, options)

    def average_pool(self, t: int) -> int:
        """2x2 windows, a stride of 1 and padding."""
        options = {
            "padding": "SAME",
            "stride_h": 1,
            "stride_w": 1,
            "filter_height": 2,
            "filter_width": 2,
            "fused_activation_function": "NONE",
        }
        return self.apply(AveragePool2D, [t], self.shape(t), options)

    def state(self, shape: tuple[int, ...]) -> int:
        """A variable; returns its index."""
        self.variables.append(
            Variable(f"v{len(self.variables)}", shape, DType.INT8, QUANTIZATION, None)
        )
        return len(self.variables) - 1

    def read(self, variable: int) -> int:
        output = self.tensor(self.variables[variable].shape)
        self.operators.append(Operator(ReadVariable(variable), (), (output,), len(self.operators)))
        return output

    def assign(self, variable: int, t: int) -> None:
        self.operators.append(Operator(AssignVariable(variable), (t,), (), len(self.operators)))

    def graph(self, *outputs: int) -> Graph:
        """The graph, after checking that its operators are supported."""
        graph = Graph(
            "built",
            tuple(self.tensors),
            tuple(self.operators),
            tuple(self.inputs),
            outputs,
            tuple(self.variables),
        )
        assert_supported(graph)
        return graph


def assert_supported(graph: Graph) -> None:
    """Every operator keeps its constraints, and reads only what is there."""
    written = {*graph.inputs, *(i for i, t in enumerate(graph.tensors) if t.is_constant)}
    for x in graph:
        assert written.issuperset(i for i in x.operator.inputs if i >= 0)
        written.update(x.operator.outputs)
        for constraint in x.attributes.constraints:
            found = constraint(x)
            assert found is None, f"{x.operator.name}: {constraint.__doc__} {found}"
    assert written.issuperset(graph.outputs)


def names(graph: Graph) -> list[str]:
    """The operators in order."""
    return [operator.name for operator in graph.operators]


def assert_same_results(before: Graph, after: Graph, seed: int = 0) -> None:
    """Both have the same ports and state, and compute the same over two inferences."""
    assert_supported(after)
    for old, new in zip(before.inputs + before.outputs, after.inputs + after.outputs, strict=True):
        a, b = before.tensors[old], after.tensors[new]
        assert (a.name, a.shape, a.dtype, a.quantization) == (
            b.name,
            b.shape,
            b.dtype,
            b.quantization,
        )
    assert before.variables == after.variables
    rng = np.random.default_rng(seed)
    states = initial_state(before), initial_state(after)
    for _ in range(2):
        inputs = [
            rng.integers(-128, 128, before.tensors[t].shape).astype(np.int8) for t in before.inputs
        ]
        old_values = evaluate(before, inputs, states[0])
        new_values = evaluate(after, inputs, states[1])
        for old, new in zip(before.outputs, after.outputs, strict=True):
            np.testing.assert_array_equal(old_values[old], new_values[new])
        for old_state, new_state in zip(*states, strict=True):
            np.testing.assert_array_equal(old_state, new_state)
