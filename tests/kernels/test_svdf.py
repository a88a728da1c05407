"""SVDF: reference, TFLM and generated C agree, over inferences that share their state."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops.svdf import Svdf, svdf_types
from tests.harness import check
from tests.kernels import models


def build(draw: st.DrawFn, kind: DType, units: int, rank: int, memory: int, depth: int) -> Graph:
    """One SVDF whose state has type `kind`."""
    rng, filters = np.random.default_rng(draw(models.seeds)), units * rank
    source = models.activations("input", (1, depth), draw(models.scales), draw(models.zero_points))
    feature = models.constant(
        "feature", rng.integers(-127, 128, (filters, depth)), DType.INT8, [0.01]
    )
    info = np.iinfo(kind.numpy)
    # With the int16 range, sums of a long memory wrap.
    codes = rng.integers(-info.max, info.max, (filters, memory), endpoint=True)
    time = models.constant("time", codes, kind, [1 / info.max])
    # The scale at which random features fill the state's range, or saturate it.
    fill = draw(st.sampled_from([0.3, 3.0]))
    state_scale = float32(source.q.scale * 0.01 * 6000 * depth**0.5 * fill / info.max)
    zero_point = draw(models.zero_points) if kind is DType.INT8 else 0
    product = float32(state_scale * time.q.scale)
    bias = models.constant("bias", rng.integers(-5000, 5000, units), DType.INT32, [product])
    target = models.activations(
        "output",
        (1, units),
        product * info.max**2 * draw(st.floats(0.002, 0.05)),
        draw(models.zero_points),
    )
    state = Tensor(
        "state", (1, filters * memory), kind, Quantization((state_scale,), (zero_point,))
    )
    inputs = (source, feature, time, bias)
    options = {"rank": rank, "fused_activation_function": "RELU", "variable": 0}
    attributes = Svdf.from_options(options, (*inputs, state), (target,))
    initial = np.full(state.shape, zero_point, kind.numpy)
    graph = Graph(
        name="one",
        tensors=(*inputs, target),
        operators=(Operator(attributes, (0, 1, 2, 3), (4,)),),
        inputs=(0,),
        outputs=(4,),
        variables=(Variable("state", state.shape, kind, state.quantization, initial),),
    )
    (x,) = graph
    assert [c for c in Svdf.constraints if c(x) is not None] == []
    return graph


@st.composite
def filters(draw: st.DrawFn) -> Graph:
    kind = draw(st.sampled_from([DType.INT8, DType.INT16]))
    sizes = [draw(st.integers(1, n)) for n in (5, 3, 6, 9)]
    return build(draw, kind, *sizes)


@models.few
@given(st.lists(filters(), min_size=8, max_size=8), models.seeds)
def test_svdf(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed, runs=8)


@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(filters())
def test_constant_input_is_refused(graph: Graph) -> None:
    """Folding it would freeze the state."""
    source = replace(graph.tensors[0], data=np.zeros(graph.tensors[0].shape, np.int8))
    (x,) = replace(graph, tensors=(source, *graph.tensors[1:]))
    assert svdf_types(x) is not None
