"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.resize import ResizeBilinear, ResizeNearestNeighbor
from tests.harness import check
from tests.kernels import models, movement


@st.composite
def resizes(draw: st.DrawFn) -> Graph:
    """Enlarging and shrinking, whole ratios and others, down to one pixel."""
    nearest = draw(st.booleans())
    kind = draw(st.sampled_from([DType.INT8, DType.FLOAT32])) if nearest else DType.INT8
    side = st.integers(1, 13)
    before, after = (draw(side), draw(side)), (draw(side), draw(side))
    if draw(st.booleans()):
        after = (before[0] * 2, before[1] * 2)
    batch, channels = draw(st.integers(1, 2)), draw(st.integers(1, 4))
    align = draw(st.booleans())
    options = {
        "align_corners": align,
        "half_pixel_centers": draw(st.booleans()) and (nearest or not align),
    }
    return movement.graph_of(
        ResizeNearestNeighbor if nearest else ResizeBilinear,
        options,
        [
            movement.tensor("input", (batch, *before, channels), kind),
            movement.integers("size", after),
        ],
        [movement.tensor("output", (batch, *after, channels), kind)],
    )


@models.few
@given(st.lists(resizes(), min_size=30, max_size=30).map(movement.Batch), models.seeds)
def test_resize(graphs: movement.Batch, seed: int) -> None:
    check(graphs, seed)


def test_large_images() -> None:
    """Rounding of scales shows far from the origin only."""
    graphs = []
    for before, after in ((97, 131), (200, 3), (61, 255)):
        for operator in (ResizeNearestNeighbor, ResizeBilinear):
            for align, half in ((False, False), (True, False), (False, True)):
                source = movement.tensor("input", (1, before, 3, 2), DType.INT8)
                target = movement.tensor("output", (1, after, 7, 2), DType.INT8)
                options = {"align_corners": align, "half_pixel_centers": half}
                inputs = [source, movement.integers("size", (after, 7))]
                graphs.append(movement.graph_of(operator, options, inputs, [target]))
    check(graphs)
