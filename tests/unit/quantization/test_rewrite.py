"""The rewritten graph: int4 where asked for, everything else as it was, and exact in TFLM."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.support import check_supported
from mcugen.quantization.measure import compare, mean_inputs
from mcugen.quantization.rewrite import real_values, to_int4
from mcugen.samples import seeded
from mcugen.tflite.reader import read_model
from mcugen.tflite.writer import write_model
from tests.harness import check
from tests.unit.quantization.graphs import WINDOW, Network, network, real_bias


def weights_of(graph: Graph, index: int) -> tuple[DType, int]:
    weights = graph.operands(graph.operators[index]).input(1)
    return weights.dtype, len(weights.q.scales)


def test_types_and_scales() -> None:
    graph = to_int4(network(), [0, 1, 3])
    check_supported(graph)
    assert [weights_of(graph, i) for i in range(4)] == [
        (DType.INT4, 4),
        (DType.INT4, 4),
        (DType.INT8, 2),
        (DType.INT4, 1),
    ]
    assert graph.operands(graph.operators[1]).input(1).q.axis == 3
    assert len(graph.operators[2].inputs) == 2


def test_values_stay_near() -> None:
    before, after = network(), to_int4(network(), range(4))
    for i, axis in enumerate((0, 3, 0, 0)):
        old, new = (real_values(g.operands(g.operators[i]).input(1), axis) for g in (before, after))
        assert old.shape == new.shape
        assert np.sum(np.square(old - new)) < 0.02 * np.sum(np.square(old))


def test_the_bias_keeps_its_real_value() -> None:
    before, after = network(), to_int4(network(), range(4))
    for i in (0, 1, 3):
        x = after.operands(after.operators[i])
        unit = max(x.input(1).q.scales) * x.input().q.scale
        np.testing.assert_allclose(real_bias(after, i), real_bias(before, i), atol=0.51 * unit)
        found = x.input(2).q.scales
        np.testing.assert_allclose(found, np.multiply(x.input(1).q.scales, 0.05), rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_corrected_biases_bring_the_mean_back(seed: int) -> None:
    graph = network(seed)
    samples = seeded(graph, 30, seed)
    means = mean_inputs(graph, [0], samples)
    errors = []
    for mean in (None, means):
        changed = to_int4(graph, [0], mean)
        errors.append(compare(graph, changed, [0], samples).alone[0].noise)
    assert errors[1] < errors[0]


def test_an_absent_bias_is_added_only_for_a_correction() -> None:
    graph = network()
    means = mean_inputs(graph, [2], seeded(graph, 3, 0))
    assert len(to_int4(graph, [2]).operators[2].inputs) == 2
    corrected = to_int4(graph, [2], means)
    assert len(corrected.operators[2].inputs) == 3
    check_supported(corrected)


def test_weights_of_several_layers() -> None:
    """One copy for those that are rewritten, the old one for those that are not."""
    n = Network()
    w = n.weights((3, 3, 3, 3), 0, 3)
    b = n.bias(w, 3)
    t = 0
    for _ in range(3):
        t = n.layer(Conv2D(WINDOW), [t, w, b], (1, 5, 4, 3))
    graph = n.graph(t)
    some, every = to_int4(graph, [0, 2]), to_int4(graph, [0, 1, 2])
    for found, kinds in ((some, ["int4", "int8", "int4"]), (every, ["int4"] * 3)):
        check_supported(found)
        used = [found.operators[i].inputs[1] for i in range(3)]
        assert [found.tensors[t].dtype.value for t in used] == kinds
        assert len(set(used)) == len(set(kinds))
    assert sum(t.dtype is DType.INT8 and t.is_constant for t in every.tensors) == 0


def test_one_constant_as_two_kinds_of_weights() -> None:
    """[1,3,3,3] is one filter of a CONV_2D, and three of a DEPTHWISE_CONV_2D."""
    n = Network()
    w = n.weights((1, 3, 3, 3))
    n.layer(Conv2D(WINDOW), [0, w], (1, 5, 4, 1))
    n.layer(DepthwiseConv2D(WINDOW), [0, w], (1, 5, 4, 3))
    graph = n.graph(*(o.outputs[0] for o in n.operators))
    found = to_int4(graph, [0, 1])
    check_supported(found)
    assert [weights_of(found, i)[1] for i in (0, 1)] == [1, 3]


def test_zero_channels_keep_their_scale() -> None:
    graph = network()
    t = graph.operators[0].inputs[1]
    data = graph.tensors[t].data
    assert data is not None
    zeroed = data.copy()
    zeroed[1] = 0
    tensors = list(graph.tensors)
    tensors[t] = replace(tensors[t], data=zeroed)
    found = to_int4(replace(graph, tensors=tuple(tensors)), [0])
    weights = found.operands(found.operators[0]).input(1)
    assert weights.data is not None and not weights.data[1].any()
    assert weights.q.scales[1] == graph.tensors[t].q.scales[1]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sets(st.integers(0, 3), min_size=1))
def test_the_file_is_the_graph(seed: int, chosen: set[int]) -> None:
    graph = to_int4(network(seed), chosen)
    again = read_model(write_model(graph), "m").graph
    for i in range(4):
        a, b = (g.operands(g.operators[i]).input(1) for g in (graph, again))
        assert (a.dtype, a.q) == (b.dtype, b.q)
        assert a.data is not None and b.data is not None
        np.testing.assert_array_equal(a.data, b.data)


def test_tflm_reference_and_c_agree() -> None:
    graphs = [to_int4(network(0), chosen) for chosen in ([0], [1], [2, 3], range(4))]
    graph = network(1)
    graphs.append(to_int4(graph, range(4), mean_inputs(graph, range(4), seeded(graph, 5, 0))))
    check(graphs)
