"""CONV_2D and DEPTHWISE_CONV_2D: reference, TFLM and generated C agree."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mcugen.ir.graph import Graph
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.window import output_size, same_pads
from tests.harness import check
from tests.kernels import models

Pair = tuple[int, int]


def build(
    draw: st.DrawFn,
    image: tuple[int, int, int, int],
    kernel: tuple[int, int, int, int],
    depth_multiplier: int = 0,
    stride: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: str = "VALID",
    per_channel: bool = True,
) -> Graph:
    """One convolution, depthwise if it has a depth multiplier, with drawn quantization."""
    output_hw = []
    for i in (0, 1):
        size, extent = image[1 + i], kernel[1 + i]
        pads = same_pads(size, extent, stride[i], dilation[i]) if padding == "SAME" else (0, 0)
        output_hw.append(output_size(size, extent, stride[i], dilation[i], sum(pads)))
    axis = 3 if depth_multiplier else 0
    options: dict[str, Any] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "dilation_h_factor": dilation[0],
        "dilation_w_factor": dilation[1],
        "fused_activation_function": draw(st.sampled_from(models.ACTIVATIONS)),
    }
    if depth_multiplier:
        options["depth_multiplier"] = depth_multiplier
    source = models.activations("image", image, draw(models.scales), draw(models.zero_points))
    weights, bias = models.weights_and_bias(draw, kernel, axis, source.q.scale, per_channel)
    scale = source.q.scale * max(weights.q.scales) / draw(models.multipliers())
    target = models.activations(
        "output", (1, *output_hw, kernel[axis]), scale, draw(models.zero_points)
    )
    operator = DepthwiseConv2D if depth_multiplier else Conv2D
    inputs = (source, weights) if bias is None else (source, weights, bias)
    return models.one_operator(operator, options, inputs, target)


@st.composite
def convolutions(draw: st.DrawFn, depthwise: bool) -> Graph:
    """Small convolutions of every kind."""
    side, extent, step = st.integers(1, 9), st.integers(1, 5), st.integers(1, 3)
    image_hw, kernel = (draw(side), draw(side)), (draw(extent), draw(extent))
    dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 3)))
    fits = all((k - 1) * d < n for k, d, n in zip(kernel, dilation, image_hw, strict=True))
    padding = draw(st.sampled_from(["SAME", "VALID"])) if fits else "SAME"
    channels = draw(st.sampled_from([1, 2, 3, 17]))
    multiplier = draw(st.integers(1, 3)) if depthwise else 0
    if depthwise:
        shape = (1, *kernel, channels * multiplier)
    else:
        shape = (draw(st.integers(1, 5)), *kernel, channels)
    stride, per_channel = (draw(step), draw(step)), draw(st.booleans())
    image = (1, *image_hw, channels)
    return build(draw, image, shape, multiplier, stride, dilation, padding, per_channel)


@models.few
@given(st.lists(convolutions(depthwise=False), min_size=8, max_size=8), models.seeds)
def test_conv(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


@models.few
@given(st.lists(convolutions(depthwise=True), min_size=8, max_size=8), models.seeds)
def test_depthwise_conv(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


SHAPES = {
    "pointwise": {"image": (1, 5, 4, 7), "kernel": (6, 1, 1, 7)},
    "pointwise, stride 2": {"image": (1, 5, 4, 7), "kernel": (6, 1, 1, 7), "stride": (2, 2)},
    "kernel as large as the image": {"image": (1, 3, 4, 5), "kernel": (6, 3, 4, 5)},
    "kernel larger than the image": {
        "image": (1, 2, 3, 2),
        "kernel": (3, 5, 7, 2),
        "padding": "SAME",
    },
    "stride larger than the kernel": {
        "image": (1, 9, 8, 2),
        "kernel": (3, 2, 1, 2),
        "stride": (4, 3),
        "padding": "SAME",
    },
    "groups": {"image": (1, 5, 6, 6), "kernel": (4, 3, 3, 3), "padding": "SAME"},
    "as many groups as channels": {"image": (1, 5, 6, 4), "kernel": (8, 3, 2, 1)},
    "dilation past the border": {
        "image": (1, 4, 5, 3),
        "kernel": (2, 3, 3, 3),
        "dilation": (3, 4),
        "padding": "SAME",
    },
    "one pixel and channel": {"image": (1, 1, 1, 1), "kernel": (1, 1, 1, 1)},
    "depthwise over a signal": {
        "image": (1, 1, 9, 3),
        "kernel": (1, 1, 4, 6),
        "depth_multiplier": 2,
        "padding": "SAME",
    },
    "depthwise of one channel": {
        "image": (1, 8, 7, 1),
        "kernel": (1, 4, 3, 20),
        "depth_multiplier": 20,
    },
}


@models.few
@given(st.data())
def test_shapes(data: st.DataObject) -> None:
    """The shapes for which kernels or lowering take a way of their own."""
    check([data.draw(named(shape)) for shape in SHAPES.values()], data.draw(models.seeds))


@st.composite
def named(draw: st.DrawFn, shape: dict[str, Any]) -> Graph:
    return build(draw, **shape)


@pytest.mark.parametrize("operator", [Conv2D, DepthwiseConv2D])
def test_options_round_trip(operator: type[Conv2D | DepthwiseConv2D]) -> None:
    options = {
        "padding": "SAME",
        "stride_h": 2,
        "stride_w": 3,
        "dilation_h_factor": 1,
        "dilation_w_factor": 2,
        "fused_activation_function": "RELU6",
        **({"depth_multiplier": 1} if operator is DepthwiseConv2D else {}),
    }
    image = models.activations("image", (1, 8, 8, 2), 0.1, 0)
    weights = models.activations("weights", (1, 3, 3, 2), 0.1, 0)
    attributes = operator.from_options(options, (image, weights), (image,))
    assert attributes.to_options() == options
