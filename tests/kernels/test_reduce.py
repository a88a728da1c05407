"""MEAN: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.reduce import Mean, alternating_runs
from tests.harness import check
from tests.kernels import models


def build(
    shape: tuple[int, ...],
    axes: list[int],
    keep_dims: bool,
    source: tuple[float, int],
    target: tuple[float, int],
) -> Graph:
    """MEAN over `axes`; source and target are (scale, zero point)."""
    reduced = {axis % len(shape) for axis in axes}
    kept = [1 if i in reduced else n for i, n in enumerate(shape) if keep_dims or i not in reduced]
    inputs = (
        models.activations("input", shape, *source),
        models.constant("axes", np.array(axes, np.int32), DType.INT32),
    )
    output = models.activations("output", kept, *target)
    return models.one_operator(Mean, {"keep_dims": keep_dims}, inputs, output)


@st.composite
def means(draw: st.DrawFn) -> Graph:
    """Any axes of a tensor of rank 1 to 4, negative and repeated ones too."""
    rank = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, 6)) for _ in range(rank))
    axes = draw(st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=rank))
    scale, ratio = draw(models.scales), draw(st.floats(-4, 3))
    same = draw(st.booleans())
    source = scale, draw(models.zero_points)
    target = source if same else (scale * 2.0**ratio, draw(models.zero_points))
    return build(shape, axes, draw(st.booleans()), source, target)


@models.few
@given(st.lists(means(), min_size=12, max_size=12), models.seeds)
def test_mean(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


def test_global_average() -> None:
    """The means of trained models, with and without their dimensions, and vanishing multipliers."""
    graphs = [
        build((1, 25, 5, 64), axes, keep_dims, (0.02, -128), target)
        for axes in ([1, 2], [2, 1])
        for keep_dims in (True, False)
        for target in ((0.02, -128), (0.011, 3), (3e8, 0))
    ]
    check(graphs)


def test_runs() -> None:
    assert alternating_runs((2, 3, 4), (1,)) == (2, 3, 4, 1, 1)
    assert alternating_runs((2, 3, 4, 5), (0, 1)) == (1, 6, 20, 1, 1)
    assert alternating_runs((2, 3, 4, 5), (0, 2)) == (1, 2, 3, 4, 5)
    assert alternating_runs((2, 1, 4), (0, 2)) == (1, 8, 1, 1, 1)
    assert len(alternating_runs((2,) * 6, (0, 2, 4))) == 7
    assert len(alternating_runs((2,) * 6, (1, 3, 5))) == 6
