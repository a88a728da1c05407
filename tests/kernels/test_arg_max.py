"""ARG_MAX: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from mcugen.ir.graph import DType, Graph, Tensor
from mcugen.ir.ops.arg_max import ArgMax
from tests.harness import check
from tests.kernels import models


@st.composite
def arg_maxes(draw: st.DrawFn) -> Graph:
    """Any axis, counted from either end. Long axes of few codes make ties."""
    shape = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    axis = draw(st.integers(0, len(shape) - 1))
    shape[axis] = draw(st.sampled_from([1, 2, 10, 400]))
    given_axis = axis - len(shape) if draw(st.booleans()) else axis
    data = np.full(draw(st.sampled_from([(), (1,)])), given_axis)
    rest = tuple(shape[:axis] + shape[axis + 1 :])
    inputs = [
        models.activations("values", shape, 0.1, 0),
        models.constant("axis", data, DType.INT32),
    ]
    target = Tensor("positions", rest, DType.INT32)
    return models.one_operator(ArgMax, {"output_type": "INT32"}, inputs, target)


@models.few
@given(st.lists(arg_maxes(), min_size=10, max_size=10), models.seeds)
def test_arg_max(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)
