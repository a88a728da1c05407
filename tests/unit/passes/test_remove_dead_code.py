"""What nothing depends on goes."""

from __future__ import annotations

from mcugen.passes.remove_dead_code import remove_dead_code
from tests.unit.passes.builder import Builder, assert_same_results, names


def test_unread_operators_and_tensors_go() -> None:
    b = Builder()
    x = b.input((2, 3))
    b.transpose(b.reshape(x, (3, 2)), (1, 0))
    graph = b.graph(b.transpose(x, (1, 0)))
    after = remove_dead_code(graph)
    assert names(after) == ["TRANSPOSE"]
    assert after.operators[0].source_index == 2
    assert [t.source_index for t in after.tensors] == [x, 4, 5]
    assert_same_results(graph, after)


def test_assignments_stay_with_what_they_need() -> None:
    b = Builder()
    x = b.input((2, 3))
    v = b.state((3, 2))
    b.read(v)
    b.assign(v, b.reshape(x, (3, 2)))
    graph = b.graph(b.transpose(x, (1, 0)))
    after = remove_dead_code(graph)
    assert names(after) == ["RESHAPE", "ASSIGN_VARIABLE", "TRANSPOSE"]
    assert_same_results(graph, after)


def test_ports_stay_even_if_unused() -> None:
    b = Builder()
    x, _, y = b.input((2,)), b.input((3,)), b.constant((4,))
    graph = b.graph(x, y, x)
    after = remove_dead_code(graph)
    assert (after.inputs, after.outputs) == ((0, 1), (0, 2, 0))
    assert_same_results(graph, after)
