"""DEPTHWISE_CONV_2D on the kernels of each instruction set: shapes, extremes, obstacles."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.conv import DepthwiseConv2D
from mcugen.ir.ops.window import output_size, same_pads
from mcugen.isa import Isa
from mcugen.runtimes.aot.lowered import lower_graph
from tests.harness import check
from tests.kernels import models
from tests.kernels.test_conv import build


@st.composite
def depthwise(draw: st.DrawFn) -> Graph:
    """One filter a channel: odd numbers of channels, images smaller than the kernel, strides."""
    image_hw = (draw(st.integers(1, 9)), draw(st.integers(1, 11)))
    kernel = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    dilation = (draw(st.sampled_from([1, 1, 2])), 1)
    fits = all((k - 1) * d < n for k, d, n in zip(kernel, dilation, image_hw, strict=True))
    padding = draw(st.sampled_from(["SAME", "VALID"])) if fits else "SAME"
    channels = draw(st.sampled_from([4, 8, 16]) | st.integers(1, 40))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    shape = (1, *kernel, channels)
    return build(draw, (1, *image_hw, channels), shape, 1, stride, dilation, padding)


@models.few
@given(st.lists(depthwise(), min_size=16, max_size=16), models.seeds)
def test_depthwise(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


def layer(
    image: tuple[int, int, int] = (6, 5, 8),
    kernel: tuple[int, int] = (3, 3),
    stride: int = 1,
    dilation: tuple[int, int] = (1, 1),
    multiplier: int = 1,
    scale: float = 0.5,
    weight: int | None = None,
    bias: int = 0,
    activation: str = "NONE",
) -> Graph:
    """A depthwise convolution with padding SAME; `weight` takes the place of random ones."""
    *size, channels = image
    pads = [same_pads(n, k, stride, d) for n, k, d in zip(size, kernel, dilation, strict=True)]
    output = [
        output_size(n, k, stride, d, sum(p))
        for n, k, d, p in zip(size, kernel, dilation, pads, strict=True)
    ]
    shape = (1, *kernel, channels * multiplier)
    data = np.random.default_rng(5).integers(-127, 127, shape, endpoint=True)
    data = data if weight is None else np.full(shape, weight)
    source = models.activations("image", (1, *image), 0.05, -3)
    weights = models.constant("weights", data, DType.INT8, [0.01] * shape[3], 3)
    values = np.full(shape[3], bias)
    products = [float32(0.05 * 0.01)] * shape[3]
    biases = models.constant("bias", values, DType.INT32, products)
    target = models.activations("output", (1, *output, shape[3]), scale, 7)
    options: dict[str, Any] = {
        "padding": "SAME",
        "stride_h": stride,
        "stride_w": stride,
        "dilation_h_factor": dilation[0],
        "dilation_w_factor": dilation[1],
        "depth_multiplier": multiplier,
        "fused_activation_function": activation,
    }
    return models.one_operator(DepthwiseConv2D, options, (source, weights, biases), target)


SHAPES: dict[str, dict[str, Any]] = {
    "several tiles across": {"image": (4, 90, 5)},
    "several tiles across, stride 2": {"image": (3, 150, 4), "stride": 2},
    "several tiles down": {"image": (300, 2, 9), "kernel": (3, 1)},
    "kernel of one row": {"image": (1, 40, 12), "kernel": (1, 9)},
    "kernel of even height": {"image": (7, 6, 11), "kernel": (4, 2)},
    "kernel of several vectors": {"image": (9, 8, 6), "kernel": (7, 7)},
    "stride 4": {"image": (13, 12, 7), "kernel": (5, 5), "stride": 4},
    "one output row": {"image": (2, 9, 8), "kernel": (3, 3), "stride": 2},
    "narrow activation": {"image": (5, 6, 10), "activation": "RELU6", "scale": 0.1},
    "saturation": {"image": (5, 6, 13), "scale": 0.01},
    "least weights": {"image": (5, 6, 8), "weight": -128},
}


def test_shapes() -> None:
    """The shapes for which the kernels take a way of their own."""
    graphs = [layer(**shape) for shape in SHAPES.values()]
    for isa, kernel in ((Isa.DSP, "depthwise_conv_s8_dsp"), (Isa.MVE, "depthwise_conv_s8_mve")):
        for name, graph in zip(SHAPES, graphs, strict=True):
            assert lower_graph(graph, isa).layers[0].kernel == kernel, name
    check(graphs)


@pytest.mark.parametrize("isa", [Isa.DSP, Isa.MVE])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"multiplier": 2}, "the depth multiplier is 2"),
        ({"image": (6, 5, 3)}, "there are 3 channels"),
        ({"dilation": (1, 2)}, "the horizontal dilation is 2"),
    ],
)
def test_obstacles(isa: Isa, change: dict[str, Any], reason: str) -> None:
    graph = layer(**change)
    (found,) = lower_graph(graph, isa).layers
    assert found.kernel == "depthwise_conv_s8"
    assert dict(found.passed_over)[f"depthwise_conv_s8_{isa.value}"] == reason


LONG_WAY: tuple[dict[str, Any], ...] = (
    {"scale": 0.0005},  # up
    {"scale": 5000.0, "bias": 1 << 29},  # down by more than 2^22
)


def test_scales_of_the_long_requantization() -> None:
    graphs = [layer(**change) for change in LONG_WAY]
    for graph in graphs:
        assert lower_graph(graph, Isa.DSP).layers[0].kernel == "depthwise_conv_s8_dsp"
        assert lower_graph(graph, Isa.MVE).layers[0].kernel == "depthwise_conv_s8_mve"
    check(graphs)


def test_sums_that_cannot_be_doubled_are_an_obstacle_on_dsp() -> None:
    graph = layer(bias=1 << 30)
    (found,) = lower_graph(graph, Isa.DSP).layers
    assert dict(found.passed_over)["depthwise_conv_s8_dsp"] == "the sum of channel 0 may reach 2^30"
    check([graph])


def test_a_vast_window_is_an_obstacle_on_mve() -> None:
    graph = layer(image=(65, 65, 4), kernel=(65, 65), weight=1)
    (found,) = lower_graph(graph, Isa.MVE).layers
    assert dict(found.passed_over)["depthwise_conv_s8_mve"] == "a window has 4225 positions"
