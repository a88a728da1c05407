"""One model with every operator in it, to try all kernels on a core in one image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops import (
    activations,
    arg_max,
    concat,
    conv,
    elementwise,
    fully_connected,
    pad,
    pool,
    quantize,
    reduce,
    reshape,
    resize,
    slice,
    softmax,
    split,
    state,
    svdf,
    transpose,
)
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.window import Pads, Window

Q = Quantization((float32(0.05),), (-3,))
UNIT = Quantization((1 / 256,), (-128,))
WIDE = Quantization((float32(0.11),), (17,))
FINE = Quantization((float32(0.004),), (-60,))
RNG = np.random.default_rng(11)


class _Zoo:
    """Collects unconnected operators, each with inputs and outputs of its own."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []

    def tensor(self, shape: tuple[int, ...], q: Quantization | None = Q, **options: Any) -> int:
        dtype = options.get("dtype", DType.INT8)
        index = len(self.tensors)
        self.tensors.append(Tensor(f"t{index}", shape, dtype, q, options.get("data"), index))
        return index

    def source(self, *shape: int, q: Quantization = Q, dtype: DType = DType.INT8) -> int:
        index = self.tensor(shape, q, dtype=dtype)
        self.inputs.append(index)
        return index

    def constant(self, values: npt.ArrayLike, dtype: DType = DType.INT32, q: Any = None) -> int:
        data = np.asarray(values, dtype.numpy)
        return self.tensor(data.shape, q, dtype=dtype, data=data)

    def weights(self, *shape: int, axis: int, dtype: DType = DType.INT8) -> int:
        scales = tuple(float32(0.01 * (1 + i % 5)) for i in range(shape[axis]))
        q = Quantization(scales, (0,) * len(scales), axis)
        limit = 7 if dtype is DType.INT4 else 127
        return self.constant(RNG.integers(-limit, limit, shape, endpoint=True), dtype, q)

    def bias(self, channels: int) -> int:
        scales = tuple(float32(Q.scale * 0.01 * (1 + i % 5)) for i in range(channels))
        q = Quantization(scales, (0,) * channels, 0)
        return self.constant(RNG.integers(-3000, 3000, channels), DType.INT32, q)

    def add(self, attributes: Attributes, inputs: list[int], *outputs: int) -> None:
        self.operators.append(Operator(attributes, tuple(inputs), outputs, len(self.operators)))
        self.outputs += outputs


def _window(h: int, w: int, stride: int, dilation: int = 1, same: bool = True) -> Window:
    """A 3x3 window."""
    from mcugen.ir.ops.window import same_pads

    if not same:
        return Window(stride, stride, dilation, dilation, "VALID", Pads())
    top, bottom = same_pads(h, 3, stride, dilation)
    left, right = same_pads(w, 3, stride, dilation)
    return Window(stride, stride, dilation, dilation, "SAME", Pads(top, bottom, left, right))


def _weighted(zoo: _Zoo) -> None:
    for dtype in (DType.INT8, DType.INT4):
        zoo.add(
            conv.Conv2D(_window(7, 6, 2), "RELU"),
            [zoo.source(1, 7, 6, 5), zoo.weights(9, 3, 3, 5, axis=0, dtype=dtype), zoo.bias(9)],
            zoo.tensor((1, 4, 3, 9), WIDE),
        )
        zoo.add(
            conv.DepthwiseConv2D(_window(7, 6, 1, 2), 2, "RELU6"),
            [zoo.source(1, 7, 6, 5), zoo.weights(1, 3, 3, 10, axis=3, dtype=dtype), zoo.bias(10)],
            zoo.tensor((1, 7, 6, 10), WIDE),
        )
    flat = Window(1, 1, 1, 1, "VALID", Pads())
    zoo.add(
        conv.Conv2D(flat),
        [zoo.source(1, 4, 3, 8), zoo.weights(6, 1, 1, 8, axis=0), zoo.bias(6)],
        zoo.tensor((1, 4, 3, 6), WIDE),
    )
    one = Quantization((float32(0.02),), (0,), 0)
    zoo.add(
        fully_connected.FullyConnected("RELU"),
        [zoo.source(1, 33), zoo.constant(RNG.integers(-127, 127, (7, 33)), DType.INT8, one)],
        zoo.tensor((1, 7), WIDE),
    )


def _int4_weights(zoo: _Zoo) -> None:
    """4-bit weights in the layers that `_weighted` leaves out."""
    flat = Window(1, 1, 1, 1, "VALID", Pads())
    zoo.add(
        conv.Conv2D(flat),
        [zoo.source(1, 3, 3, 7), zoo.weights(5, 1, 1, 7, axis=0, dtype=DType.INT4), zoo.bias(5)],
        zoo.tensor((1, 3, 3, 5), WIDE),
    )
    zoo.add(
        conv.DepthwiseConv2D(_window(6, 5, 1), 1, "RELU"),
        [zoo.source(1, 6, 5, 7), zoo.weights(1, 3, 3, 7, axis=3, dtype=DType.INT4), zoo.bias(7)],
        zoo.tensor((1, 6, 5, 7), WIDE),
    )
    one = Quantization((float32(0.02),), (0,), 0)
    zoo.add(
        fully_connected.FullyConnected("NONE"),
        [zoo.source(1, 107), zoo.constant(RNG.integers(-8, 8, (9, 107)), DType.INT4, one)],
        zoo.tensor((1, 9), WIDE),
    )


def _depthwise(zoo: _Zoo) -> None:
    """Layers that take the kernels for DSP and MVE: odd channels, strides, a large window."""
    for stride, channels in ((1, 9), (2, 4), (3, 16)):
        h, w = (7 - 1) // stride + 1, (6 - 1) // stride + 1
        zoo.add(
            conv.DepthwiseConv2D(_window(7, 6, stride), 1, "NONE"),
            [
                zoo.source(1, 7, 6, channels),
                zoo.weights(1, 3, 3, channels, axis=3),
                zoo.bias(channels),
            ],
            zoo.tensor((1, h, w, channels), WIDE),
        )
    zoo.add(
        conv.DepthwiseConv2D(_window(9, 8, 1, same=False), 1, "RELU6"),
        [zoo.source(1, 9, 8, 6), zoo.weights(1, 5, 4, 6, axis=3), zoo.bias(6)],
        zoo.tensor((1, 5, 5, 6), WIDE),
    )


def _reductions(zoo: _Zoo) -> None:
    for kind in (pool.AveragePool2D, pool.MaxPool2D):
        zoo.add(
            kind(_window(5, 6, 2), (3, 3), "NONE"),
            [zoo.source(1, 5, 6, 7)],
            zoo.tensor((1, 3, 3, 7)),
        )
    zoo.add(
        reduce.Mean((1, 2), False),
        [zoo.source(1, 4, 5, 6), zoo.constant([1, 2])],
        zoo.tensor((1, 6), WIDE),
    )
    # More than fit into 16-bit sums.
    zoo.add(
        reduce.Mean((1, 2), False),
        [zoo.source(1, 18, 17, 8), zoo.constant([1, 2])],
        zoo.tensor((1, 8), WIDE),
    )
    zoo.add(softmax.Softmax(1.0), [zoo.source(2, 9)], zoo.tensor((2, 9), UNIT))
    zoo.add(
        arg_max.ArgMax(1),
        [zoo.source(3, 7), zoo.constant(1)],
        zoo.tensor((3,), None, dtype=DType.INT32),
    )


def _elementwise(zoo: _Zoo) -> None:
    for binary in (elementwise.Add, elementwise.Sub, elementwise.Mul):
        zoo.add(
            binary("RELU"),
            [zoo.source(1, 3, 4, 5), zoo.source(1, 1, 4, 1, q=WIDE)],
            zoo.tensor((1, 3, 4, 5), WIDE),
        )
        for q in (WIDE, FINE):
            zoo.add(
                binary("RELU" if q is FINE else "NONE"),
                [zoo.source(1, 3, 5, 9), zoo.source(1, 3, 5, 9, q=WIDE)],
                zoo.tensor((1, 3, 5, 9), q),
            )
    for extreme in (elementwise.Maximum, elementwise.Minimum):
        zoo.add(extreme(), [zoo.source(3, 5), zoo.source(3, 5)], zoo.tensor((3, 5)))
    for function, q in (
        (activations.Logistic(), UNIT),
        (activations.Tanh(), Quantization((1 / 128,), (0,))),
        (activations.Relu(), WIDE),
        (activations.Relu6(), Q),
        (activations.LeakyRelu(float32(0.2)), WIDE),
        (activations.HardSwish(), WIDE),
        (quantize.Quantize(), WIDE),
    ):
        zoo.add(function, [zoo.source(1, 50)], zoo.tensor((1, 50), q))
    shifted = Quantization(Q.scales, (Q.zero_point + 128,))
    zoo.add(quantize.Quantize(), [zoo.source(9)], zoo.tensor((9,), shifted, dtype=DType.UINT8))
    zoo.add(quantize.Dequantize(), [zoo.source(9)], zoo.tensor((9,), None, dtype=DType.FLOAT32))


def _movement(zoo: _Zoo) -> None:
    pads = [[0, 0], [1, 2], [0, 1], [0, 0]]
    paddings = tuple((a, b) for a, b in pads)
    zoo.add(
        pad.Pad(paddings), [zoo.source(1, 3, 3, 2), zoo.constant(pads)], zoo.tensor((1, 6, 4, 2))
    )
    zoo.add(
        pad.PadV2(paddings, 5),
        [zoo.source(1, 3, 3, 2), zoo.constant(pads), zoo.constant(5, DType.INT8, Q)],
        zoo.tensor((1, 6, 4, 2)),
    )
    zoo.add(reshape.Reshape((6, 2)), [zoo.source(3, 4), zoo.constant([6, 2])], zoo.tensor((6, 2)))
    zoo.add(reshape.Squeeze((0,)), [zoo.source(1, 4)], zoo.tensor((4,)))
    zoo.add(reshape.ExpandDims(0), [zoo.source(4), zoo.constant(0)], zoo.tensor((1, 4)))
    zoo.add(concat.Concatenation(1), [zoo.source(2, 3), zoo.source(2, 5)], zoo.tensor((2, 8)))
    zoo.add(concat.Pack(2, 1), [zoo.source(2, 3), zoo.source(2, 3)], zoo.tensor((2, 2, 3)))
    zoo.add(split.Unpack(2, 0), [zoo.source(2, 3)], zoo.tensor((3,)), zoo.tensor((3,)))
    zoo.add(
        split.Split(1, 2),
        [zoo.constant(1), zoo.source(2, 6)],
        zoo.tensor((2, 3)),
        zoo.tensor((2, 3)),
    )
    zoo.add(
        split.SplitV(1, 2),
        [zoo.source(2, 6), zoo.constant([2, 4]), zoo.constant(1)],
        zoo.tensor((2, 2)),
        zoo.tensor((2, 4)),
    )
    zoo.add(
        slice.Slice((1, 2), (2, 3)),
        [zoo.source(4, 6), zoo.constant([1, 2]), zoo.constant([2, 3])],
        zoo.tensor((2, 3)),
    )
    zoo.add(
        slice.StridedSlice((3, 0), (0, 6), (-1, 2)),
        [zoo.source(4, 6), zoo.constant([3, 0]), zoo.constant([0, 6]), zoo.constant([-1, 2])],
        zoo.tensor((3, 3)),
    )
    zoo.add(
        transpose.Transpose((2, 0, 1)),
        [zoo.source(3, 4, 5), zoo.constant([2, 0, 1])],
        zoo.tensor((5, 3, 4)),
    )
    for kind in (resize.ResizeNearestNeighbor, resize.ResizeBilinear):
        zoo.add(
            kind((7, 5), False, True),
            [zoo.source(1, 3, 4, 2), zoo.constant([7, 5])],
            zoo.tensor((1, 7, 5, 2)),
        )


def _state(zoo: _Zoo) -> Variable:
    """A delay by one inference."""
    zoo.operators.append(
        Operator(state.ReadVariable(0), (), (zoo.tensor((1, 6)),), len(zoo.operators))
    )
    zoo.outputs.append(len(zoo.tensors) - 1)
    new = zoo.source(1, 6)
    zoo.operators.append(Operator(state.AssignVariable(0), (new,), (), len(zoo.operators)))
    return Variable("delay", (1, 6), DType.INT8, Q, np.arange(6, dtype=np.int8).reshape(1, 6))


def _svdf(zoo: _Zoo, kind: DType, index: int) -> Variable:
    """Three units of rank 2 that remember four steps, in variable `index`."""
    peak = int(np.iinfo(kind.numpy).max)
    state = Quantization((float32(Q.scale * 0.01 * 8000 / peak),), (0,))
    time = Quantization((float32(1 / peak),), (0,))
    product = float32(state.scale * time.scale)
    inputs = [
        zoo.source(1, 7),
        zoo.constant(
            RNG.integers(-127, 127, (6, 7)), DType.INT8, Quantization((float32(0.01),), (0,))
        ),
        zoo.constant(RNG.integers(-peak, peak, (6, 4)), kind, time),
        zoo.constant(RNG.integers(-900, 900, 3), DType.INT32, Quantization((product,), (0,))),
    ]
    output = Quantization((float32(product * peak * peak * 0.02),), (5,))
    memory = svdf.Svdf(2, index, (1, 24), kind.value, state.scale, 0)
    zoo.add(memory, inputs, zoo.tensor((1, 3), output))
    return Variable(f"memory{index}", (1, 24), kind, state, np.zeros((1, 24), kind.numpy))


def zoo_graph() -> Graph:
    """Every supported operator at least once, on small odd shapes."""
    zoo = _Zoo()
    for build in (_weighted, _depthwise, _int4_weights, _reductions, _elementwise, _movement):
        build(zoo)
    variables = (_state(zoo), _svdf(zoo, DType.INT8, 1), _svdf(zoo, DType.INT16, 2))
    return Graph(
        "zoo",
        tuple(zoo.tensors),
        tuple(zoo.operators),
        tuple(zoo.inputs),
        tuple(zoo.outputs),
        variables,
    )
