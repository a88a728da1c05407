"""Walking a graph with the reference functions: values, absent inputs and state."""

from __future__ import annotations

import numpy as np

from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops.activations import Relu
from mcugen.ir.ops.base import REGISTRY
from mcugen.ir.ops.state import AssignVariable, ReadVariable
from mcugen.reference import REFERENCES, evaluate
from mcugen.reference.registry import initial_state, load_all
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.program import VARIANTS
from tests.kernels.zoo import zoo_graph
from tests.unit.runtimes.aot.graphs import relu_graph

Q = Quantization((0.5,), (0,))


def accumulator() -> Graph:
    """output = relu(state); state = input."""
    tensors = tuple(Tensor(n, (2,), DType.INT8, Q) for n in ("in", "read", "out"))
    operators = (
        Operator(ReadVariable(0), (), (1,)),
        Operator(Relu(), (1,), (2,)),
        Operator(AssignVariable(0), (0,), ()),
    )
    start = np.array([-7, 7], np.int8)
    return Graph(
        "delay", tensors, operators, (0,), (2,), (Variable("v", (2,), DType.INT8, Q, start),)
    )


def array(*values: int) -> np.ndarray:
    return np.array(values, np.int8)


def test_every_operator_has_a_reference_and_a_lowering() -> None:
    load_all()
    lower_graph(relu_graph())
    walked = {"READ_VARIABLE", "ASSIGN_VARIABLE"}
    assert set(REGISTRY) - walked <= set(REFERENCES)
    assert set(REGISTRY) <= set(VARIANTS)


def test_state_lives_from_one_inference_to_the_next() -> None:
    graph = accumulator()
    state = initial_state(graph)
    found = [evaluate(graph, [array(i, -i)], state)[2].tolist() for i in (1, 2, 3)]
    assert found == [[0, 7], [1, 0], [2, 0]]
    assert state[0].tolist() == [3, -3]
    assert evaluate(graph, [array(9, 9)])[2].tolist() == [0, 7]


def test_state_is_the_callers_own() -> None:
    """Neither the graph's initial values nor the inputs change with it."""
    graph = accumulator()
    given, state = array(1, 2), initial_state(graph)
    evaluate(graph, [given], state)
    state[0][:] = 99
    assert given.tolist() == [1, 2]
    assert initial_state(graph)[0].tolist() == [-7, 7]


def test_zero_state() -> None:
    variable = Variable("v", (2, 3), DType.INT16, None, None)
    (value,) = initial_state(Graph("g", (), (), (), (), (variable,)))
    assert value.dtype == np.int16 and value.shape == (2, 3) and not value.any()


def test_values_have_their_tensors_shapes_and_types() -> None:
    graph = zoo_graph()
    rng = np.random.default_rng(0)
    inputs = [rng.integers(-128, 128, graph.tensors[t].shape).astype(np.int8) for t in graph.inputs]
    for index, value in evaluate(graph, inputs).items():
        tensor = graph.tensors[index]
        assert value.shape == tensor.shape, tensor.name
        assert value.dtype == tensor.dtype.numpy, tensor.name
