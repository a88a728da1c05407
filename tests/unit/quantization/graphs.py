"""A small network with each kind of layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.window import Pads, Window

ACTIVATION = Quantization((0.05,), (-20,))
WINDOW = Window(1, 1, 1, 1, "SAME", Pads(1, 1, 1, 1))


class Network:
    """A graph under construction; tensor 0 is the image, [1,5,4,3]."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors = [Tensor("image", (1, 5, 4, 3), DType.INT8, ACTIVATION)]
        self.operators: list[Operator] = []

    def add(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def weights(self, shape: Sequence[int], axis: int = 0, channels: int = 1) -> int:
        """int8 weights with `channels` scales along `axis`."""
        data = self.rng.integers(-127, 128, tuple(shape)).astype(np.int8)
        scales = tuple(float32(s) for s in self.rng.uniform(0.002, 0.01, channels))
        q = Quantization(scales, (0,) * channels, axis if channels > 1 else 0)
        return self.add(Tensor(f"weights{len(self.tensors)}", data.shape, DType.INT8, q, data))

    def bias(self, weights: int, channels: int) -> int:
        data = self.rng.integers(-2000, 2000, channels).astype(np.int32)
        scales = tuple(float32(0.05 * s) for s in self.tensors[weights].q.scales)
        q = Quantization(scales, (0,) * len(scales))
        return self.add(Tensor(f"bias{len(self.tensors)}", (channels,), DType.INT32, q, data))

    def layer(self, attributes: Attributes, inputs: Sequence[int], shape: Sequence[int]) -> int:
        name = f"layer{len(self.operators)}/{attributes.op.lower()}"
        output = self.add(Tensor(name, tuple(shape), DType.INT8, ACTIVATION))
        number = len(self.operators)
        self.operators.append(Operator(attributes, tuple(inputs), (output,), number))
        return output

    def graph(self, *outputs: int) -> Graph:
        return Graph("net", tuple(self.tensors), tuple(self.operators), (0,), outputs)


def network(seed: int = 0) -> Graph:
    """CONV_2D 0, DEPTHWISE_CONV_2D 1, CONV_2D 2 without bias, FULLY_CONNECTED 3 per channel."""
    n = Network(seed)
    w = n.weights((4, 3, 3, 3), 0, 4)
    t = n.layer(Conv2D(WINDOW, "RELU"), [0, w, n.bias(w, 4)], (1, 5, 4, 4))
    w = n.weights((1, 3, 3, 4), 3, 4)
    t = n.layer(DepthwiseConv2D(WINDOW, 1, "RELU"), [t, w, n.bias(w, 4)], (1, 5, 4, 4))
    point = Window(1, 1, 1, 1, "VALID", Pads(0, 0, 0, 0))
    t = n.layer(Conv2D(point), [t, n.weights((2, 1, 1, 4), 0, 2)], (1, 5, 4, 2))
    w = n.weights((3, 40), 0, 3)
    t = n.layer(FullyConnected(), [t, w, n.bias(w, 3)], (1, 3))
    return n.graph(t)


def real_bias(graph: Graph, index: int) -> npt.NDArray[Any]:
    """An operator's bias as real numbers."""
    x = graph.operands(graph.operators[index])
    data = x.input(2).data
    assert data is not None
    product: npt.NDArray[Any] = data * np.array(x.input(1).q.scales) * x.input().q.scale
    return product
