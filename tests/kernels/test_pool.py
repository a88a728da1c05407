"""AVERAGE_POOL_2D and MAX_POOL_2D: reference, TFLM and generated C agree."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mcugen.ir.graph import Graph
from mcugen.ir.ops.pool import AveragePool2D, MaxPool2D
from mcugen.ir.ops.window import output_size, same_pads
from tests.harness import check
from tests.kernels import models


@st.composite
def pools(draw: st.DrawFn) -> Graph:
    """Pooling with windows smaller and larger than the image."""
    side, extent, step = st.integers(1, 9), st.integers(1, 6), st.integers(1, 4)
    image_hw, filter_hw = (draw(side), draw(side)), (draw(extent), draw(extent))
    stride = (draw(step), draw(step))
    fits = filter_hw[0] <= image_hw[0] and filter_hw[1] <= image_hw[1]
    padding = draw(st.sampled_from(["SAME", "VALID"])) if fits else "SAME"
    output_hw = []
    for size, window, move in zip(image_hw, filter_hw, stride, strict=True):
        pads = sum(same_pads(size, window, move, 1)) if padding == "SAME" else 0
        output_hw.append(output_size(size, window, move, 1, pads))
    channels, scale = draw(st.integers(1, 9)), draw(models.scales)
    zero_point = draw(models.zero_points)
    options = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "filter_height": filter_hw[0],
        "filter_width": filter_hw[1],
        "fused_activation_function": draw(st.sampled_from(models.ACTIVATIONS)),
    }
    source = models.activations("image", (1, *image_hw, channels), scale, zero_point)
    target = models.activations("output", (1, *output_hw, channels), scale, zero_point)
    operator = draw(st.sampled_from([AveragePool2D, MaxPool2D]))
    return models.one_operator(operator, options, (source,), target)


@models.few
@given(st.lists(pools(), min_size=12, max_size=12), models.seeds)
def test_pool(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


@pytest.mark.parametrize("operator", [AveragePool2D, MaxPool2D])
def test_options_round_trip(operator: type[AveragePool2D | MaxPool2D]) -> None:
    options = {
        "padding": "VALID",
        "stride_h": 2,
        "stride_w": 1,
        "filter_height": 3,
        "filter_width": 2,
        "fused_activation_function": "RELU",
    }
    image = models.activations("image", (1, 8, 8, 2), 0.1, 0)
    assert operator.from_options(options, (image,), (image,)).to_options() == options


@pytest.mark.parametrize("operator", [AveragePool2D, MaxPool2D])
@pytest.mark.parametrize("channels", [1, 4, 8, 11])
def test_whole_image(operator: type[AveragePool2D | MaxPool2D], channels: int) -> None:
    """Small, and with more pixels than their sums in 16 bits allow."""
    graphs = []
    for h, w in ((3, 5), (17, 31)):
        options = {
            "padding": "VALID",
            "stride_h": 1,
            "stride_w": 1,
            "filter_height": h,
            "filter_width": w,
            "fused_activation_function": "NONE",
        }
        image = models.activations("image", (1, h, w + 1, channels), 0.1, 3)
        target = models.activations("output", (1, 1, 2, channels), 0.1, 3)
        whole = models.activations("image", (1, h, w, channels), 0.1, 3)
        single = models.activations("output", (1, 1, 1, channels), 0.1, 3)
        graphs.append(models.one_operator(operator, options, (image,), target))
        graphs.append(models.one_operator(operator, options, (whole,), single))
    check(graphs)
