"""Graphs of one operator, and the hypothesis strategies that the kernels' tests draw them from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis import Phase, settings

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")

# Every example compiles a program with many graphs in it: few examples, much in each, no shrinking.
few = settings(
    max_examples=3, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
)


def one_operator(
    operator: type[Attributes],
    options: Mapping[str, Any],
    inputs: Sequence[Tensor | None],
    output: Tensor,
) -> Graph:
    """A graph of one operator; what it reads and is not constant is the graph's input.

    The operator's constraints must hold.
    """
    present = [tensor for tensor in inputs if tensor is not None]
    tensors = (*present, output)
    indices = tuple(-1 if tensor is None else tensors.index(tensor) for tensor in inputs)
    attributes = operator.from_options(options, tuple(inputs), (output,))
    graph = Graph(
        name="one",
        tensors=tensors,
        operators=(Operator(attributes, indices, (len(present),)),),
        inputs=tuple(dict.fromkeys(i for i in indices if i >= 0 and not tensors[i].is_constant)),
        outputs=(len(present),),
    )
    (x,) = graph
    for constraint in operator.constraints:
        found = constraint(x)
        assert found is None, f"{constraint.__doc__} {found}"
    return graph


def activations(name: str, shape: Sequence[int], scale: float, zero_point: int) -> Tensor:
    """An int8 tensor."""
    quantization = Quantization((float32(scale),), (zero_point,))
    return Tensor(name, tuple(shape), DType.INT8, quantization)


def constant(
    name: str,
    data: npt.NDArray[Any],
    dtype: DType,
    scales: Sequence[float] = (),
    axis: int = 0,
) -> Tensor:
    """A constant; with `scales`, symmetrically quantized along `axis`."""
    rounded = tuple(float32(scale) for scale in scales)
    quantization = Quantization(rounded, (0,) * len(scales), axis) if scales else None
    return Tensor(name, data.shape, dtype, quantization, data.astype(dtype.numpy))


zero_points = st.sampled_from([-128, 127, 0, -1]) | st.integers(-128, 127)
scales = st.floats(1e-3, 0.5)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def multipliers(draw: st.DrawFn) -> float:
    """Real output multipliers, most below 1 as in trained models, some above."""
    return float(2.0 ** draw(st.floats(-14, 3)))


def random_weights(
    rng: np.random.Generator, shape: Sequence[int], dtype: DType
) -> npt.NDArray[Any]:
    """Codes over the type's range, the most negative one included."""
    limit = 8 if dtype is DType.INT4 else 128
    return rng.integers(-limit, limit, tuple(shape))


def weights_and_bias(
    draw: st.DrawFn, shape: Sequence[int], axis: int, source_scale: float, per_channel: bool
) -> tuple[Tensor, Tensor | None]:
    """Constant weights of `shape`, channels along `axis`, and a bias or none."""
    rng = np.random.default_rng(draw(seeds))
    dtype = draw(st.sampled_from([DType.INT8, DType.INT8, DType.INT4]))
    channels = shape[axis]
    scale = draw(scales)
    spread = rng.uniform(0.1, 1, channels) if per_channel else np.ones(1)
    weight_scales = [float32(scale * factor) for factor in spread]
    weights = constant("weights", random_weights(rng, shape, dtype), dtype, weight_scales, axis)
    if not draw(st.booleans()):
        return weights, None
    largest = draw(st.sampled_from([1, 1000, 1 << 20]))
    values = rng.integers(-largest, largest, channels, endpoint=True)
    products = [float32(source_scale * scale) for scale in weight_scales]
    return weights, constant("bias", values, DType.INT32, products)
