"""Operators that move elements: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from mcugen.ir.graph import DType
from mcugen.ir.ops.concat import Concatenation
from mcugen.ir.ops.pad import Pad
from mcugen.ir.ops.slice import StridedSlice
from mcugen.ir.ops.transpose import Transpose
from mcugen.reference import evaluate
from tests.harness import check, run_c
from tests.kernels import models, movement

three_of_each = st.tuples(*movement.MOVEMENTS * 3).map(movement.Batch)


@models.few
@given(three_of_each, models.seeds)
def test_movement(graphs: movement.Batch, seed: int) -> None:
    check(graphs, seed)


def test_transpose_of_rank_five() -> None:
    """Nothing merges: all the kernel's loops run."""
    shape, perm = (2, 3, 4, 5, 6), (4, 2, 0, 3, 1)
    inputs = [movement.tensor("input", shape, DType.INT8), movement.integers("perm", perm)]
    target = movement.tensor("output", [shape[axis] for axis in perm], DType.INT8)
    check([movement.graph_of(Transpose, {}, inputs, [target])])


def test_largest_concatenation_that_tflm_takes() -> None:
    shape, count = (2, 1, 3, 1, 1, 2), 10
    inputs = [movement.tensor(f"input{i}", shape, DType.INT8) for i in range(count)]
    target = movement.tensor("output", (2, count, *shape[2:]), DType.INT8)
    options = {"axis": 1, "fused_activation_function": "NONE"}
    check([movement.graph_of(Concatenation, options, inputs, [target])])


# TFLM has no such kernels; the semantics are those of the other types.
@pytest.mark.parametrize("kind", [DType.UINT8, DType.INT64, DType.BOOL])
def test_types_that_tflm_lacks(kind: DType) -> None:
    options = {
        "begin_mask": 0,
        "end_mask": 2,
        "ellipsis_mask": 0,
        "new_axis_mask": 0,
        "shrink_axis_mask": 0,
    }
    positions = {"begin": [0, 4], "end": [3, 0], "strides": [2, -2]}
    source = movement.tensor("input", (3, 5), kind)
    graphs = [
        movement.graph_of(
            StridedSlice,
            options,
            [source, *(movement.integers(k, v) for k, v in positions.items())],
            [movement.tensor("output", (2, 3), kind)],
        ),
        movement.graph_of(
            Pad,
            {},
            [source, movement.integers("paddings", [[1, 0], [0, 2]])],
            [movement.tensor("output", (4, 7), kind)],
        ),
        movement.graph_of(
            Transpose,
            {},
            [source, movement.integers("perm", [1, 0])],
            [movement.tensor("output", (5, 3), kind)],
        ),
    ]
    data = (np.arange(15).reshape(3, 5) * 17 % 2).astype(kind.numpy)
    found = run_c(graphs, [[[data]]] * len(graphs))
    for graph, ((output,),) in zip(graphs, found, strict=True):
        np.testing.assert_array_equal(output, evaluate(graph, [data])[graph.outputs[0]])
