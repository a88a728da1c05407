"""Operators that change nothing are bypassed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mcugen.ir.ops.reshape import Reshape
from mcugen.ir.ops.slice import StridedSlice
from mcugen.ir.ops.split import Split
from mcugen.passes.remove_no_ops import remove_no_ops
from tests.unit.passes.builder import OTHER, Builder, assert_same_results, names

SHAPE = (1, 4, 3)
Build = Callable[[Builder, int], int]


def strided(b: Builder, t: int, strides: list[int], shape: tuple[int, ...] = SHAPE) -> int:
    masks = {"begin_mask": 7, "end_mask": 7}
    options = masks | dict.fromkeys(("ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
    inputs = [t, b.integers([0, 0, 0]), b.integers([0, 0, 0]), b.integers(strides)]
    return b.apply(StridedSlice, inputs, shape, options)


def split_in_one(b: Builder, t: int) -> int:
    return b.apply(Split, [b.integers(0), t], SHAPE, {"num_splits": 1})


NO_OPS: dict[str, Build] = {
    "reshape": lambda b, t: b.reshape(t, SHAPE),
    "transpose": lambda b, t: b.transpose(t, (0, 1, 2)),
    "pad": lambda b, t: b.pad(t, [(0, 0)] * 3),
    "concatenation": lambda b, t: b.concat([t], 1),
    "quantize": lambda b, t: b.quantize(t),
    "slice": lambda b, t: b.slice(t, (0, 0, 0), SHAPE),
    "strided slice": lambda b, t: strided(b, t, [-5, 1, 1]),
    "split": split_in_one,
}
CHANGES: dict[str, Build] = {
    "reshape": lambda b, t: b.reshape(t, (4, 3)),
    "requantizing reshape": lambda b, t: b.apply(Reshape, [t], SHAPE, quantization=OTHER),
    "transpose": lambda b, t: b.transpose(t, (0, 2, 1)),
    "pad": lambda b, t: b.pad(t, [(0, 0), (0, 1), (0, 0)]),
    "concatenation": lambda b, t: b.concat([t, t], 1),
    "quantize": lambda b, t: b.quantize(t, OTHER),
    "slice": lambda b, t: b.slice(t, (0, 1, 0), (1, 3, 3)),
    "reversal": lambda b, t: strided(b, t, [1, -1, 1]),
}


@pytest.mark.parametrize("name", NO_OPS)
def test_no_op_goes(name: str) -> None:
    b = Builder()
    changed = NO_OPS[name](b, NO_OPS[name](b, b.input(SHAPE)))
    graph = b.graph(b.reshape(changed, (12,)))
    after = remove_no_ops(graph)
    assert names(after) == ["RESHAPE"]
    assert after.operators[0].source_index == graph.operators[-1].source_index
    assert_same_results(graph, after)


@pytest.mark.parametrize("name", NO_OPS)
def test_output_of_the_graph_stays(name: str) -> None:
    b = Builder()
    graph = b.graph(NO_OPS[name](b, b.input(SHAPE)))
    after = remove_no_ops(graph)
    assert names(after) == names(graph)
    assert_same_results(graph, after)


@pytest.mark.parametrize("name", CHANGES)
def test_operator_that_changes_something_stays(name: str) -> None:
    b = Builder()
    changed = CHANGES[name](b, b.input(SHAPE))
    graph = b.graph(b.reshape(changed, (b.tensors[changed].elements,)))
    after = remove_no_ops(graph)
    assert names(after) == names(graph)
    assert_same_results(graph, after)


def test_square_transpose_stays() -> None:
    b = Builder()
    graph = b.graph(b.reshape(b.transpose(b.input((3, 3)), (1, 0)), (9,)))
    assert names(remove_no_ops(graph)) == ["TRANSPOSE", "RESHAPE"]
