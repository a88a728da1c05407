"""SOFTMAX: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import Graph
from mcugen.ir.ops.softmax import Softmax
from mcugen.oracle import Oracle
from mcugen.reference import evaluate
from mcugen.tflite.writer import write_model
from tests.harness import check, run_c
from tests.kernels import models


def graph_of(shape: tuple[int, ...], scale: float, beta: float, zero_point: int = 0) -> Graph:
    source = models.activations("source", shape, scale, zero_point)
    target = models.activations("target", shape, 1 / 256, -128)
    return models.one_operator(Softmax, {"beta": float32(beta)}, [source], target)


@st.composite
def softmaxes(draw: st.DrawFn) -> Graph:
    """Products of scale and beta from nearly uniform to nearly one-hot results."""
    shape = (*draw(st.lists(st.integers(1, 4), max_size=3)), draw(st.integers(1, 60)))
    scale, beta = 2.0 ** draw(st.floats(-14, 5)), 2.0 ** draw(st.floats(-3, 3))
    return graph_of(shape, scale, beta, draw(models.zero_points))


@models.few
@given(st.lists(softmaxes(), min_size=14, max_size=14), models.seeds)
def test_softmax(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


def test_many_scales() -> None:
    """Reference and TFLM; the largest products leave but one exponential."""
    rng = np.random.default_rng(3)
    for exponent in np.linspace(-25, 12, 112):
        graph = graph_of((6, 40), 2.0**exponent, rng.uniform(0.6, 1.5))
        codes = rng.integers(-128, 128, (6, 40)).astype(np.int8)
        codes[1] = 5
        codes[2, :2] = -128, 127
        (expected,) = Oracle(write_model(graph)).run([codes])
        np.testing.assert_array_equal(evaluate(graph, [codes])[1], expected, str(exponent))


def test_deep_rows() -> None:
    check([graph_of((2, 1001), 0.1, 1.0), graph_of((4095,), 0.2, 1.0), graph_of((511,), 1e-6, 1.0)])


def test_flat_deep_rows() -> None:
    """Sums of 512 and more, for which TFLM aborts: every share rounds to nothing."""
    graphs = [graph_of((n,), 0.1, 1.0) for n in (511, 512, 1024, 4095)]
    for graph in graphs:
        codes = np.full(graph.tensors[0].shape, 7, np.int8)
        (((output,),),) = run_c([graph], [[[codes]]])
        np.testing.assert_array_equal(output, evaluate(graph, [codes])[1])
        assert (output == (-127 if codes.size == 511 else -128)).all()
