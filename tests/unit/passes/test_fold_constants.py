"""Operators on constants become constants."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.reshape import Reshape
from mcugen.passes.fold_constants import MAX_OUTPUT_BYTES, fold_constants
from tests.kernels.movement import concatenations, graph_of, integers, tensor
from tests.unit.passes.builder import Builder, assert_same_results, names


def test_a_chain_folds_to_one_constant() -> None:
    b = Builder()
    x = b.input((2, 3))
    rows = b.transpose(b.reshape(b.constant((6,)), (3, 2)), (1, 0))
    graph = b.graph(b.concat([x, rows], 0))
    after = fold_constants(graph)
    assert names(after) == ["CONCATENATION"]
    data = after.tensors[rows].data
    assert data is not None and not data.flags.writeable
    assert_same_results(graph, after)


def test_the_shape_of_a_variable_tensor_folds() -> None:
    b = Builder()
    x = b.input((2, 3))
    target = b.apply(Reshape, [x, b.shape_of(x)], (2, 3))
    graph = b.graph(target)
    after = fold_constants(graph)
    assert names(after) == ["RESHAPE"]
    shape = after.tensors[after.operators[0].inputs[1]].data
    assert shape is not None and shape.tolist() == [2, 3]
    assert_same_results(graph, after)


def test_an_output_of_the_graph_is_still_computed() -> None:
    b = Builder()
    graph = b.graph(b.reshape(b.constant((6,)), (3, 2)))
    after = fold_constants(graph)
    assert names(after) == ["RESHAPE"]
    assert_same_results(graph, after)


def test_large_results_stay_operators() -> None:
    b = Builder()
    n = MAX_OUTPUT_BYTES + 1
    graph = b.graph(b.concat([b.input((n, 1)), b.reshape(b.constant((n,)), (n, 1))], 1))
    assert names(fold_constants(graph)) == ["RESHAPE", "CONCATENATION"]


def test_an_unsupported_operator_is_left_alone() -> None:
    source = tensor("input", (6,), DType.INT8)
    good = graph_of(
        Reshape, {}, [source, integers("shape", [3, 2])], [tensor("output", (3, 2), DType.INT8)]
    )
    wrong = tensor("constant", (7,), DType.INT8)
    constant = type(wrong)("c", (7,), DType.INT8, None, np.zeros(7, np.int8))
    graph = Graph("odd", (constant, *good.tensors[1:], source), good.operators, (), (3,))
    assert names(fold_constants(graph)) == ["RESHAPE"]


@settings(max_examples=25, deadline=None)
@given(concatenations())
def test_variable_inputs_keep_the_operator(graph: Graph) -> None:
    assert fold_constants(graph).operators == graph.operators


def test_state_does_not_fold() -> None:
    b = Builder()
    v = b.state((2, 2))
    old = b.read(v)
    b.assign(v, b.constant((2, 2)))
    graph = b.graph(b.reshape(old, (4,)))
    after = fold_constants(graph)
    assert names(after) == ["READ_VARIABLE", "ASSIGN_VARIABLE", "RESHAPE"]
    assert_same_results(graph, after)
