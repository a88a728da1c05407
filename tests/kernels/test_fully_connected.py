"""FULLY_CONNECTED: reference, TFLM and generated C agree."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from mcugen.ir.fixed_point import float32, quantize_multiplier, requantize
from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.fully_connected import FullyConnected
from tests.harness import check
from tests.kernels import models

OPTIONS = {
    "fused_activation_function": "NONE",
    "keep_num_dims": False,
    "weights_format": "DEFAULT",
}


@st.composite
def products(draw: st.DrawFn) -> Graph:
    """Rows of 1 to 40 values, or of 1100, too many for some sums; the input may have any rank."""
    depth_shape = draw(st.sampled_from([(1,), (7,), (3, 5), (40,), (2, 2, 3), (1100,)]))
    depth, rows = int(np.prod(depth_shape)), draw(st.integers(1, 9))
    units = draw(st.integers(1, 9))
    source = models.activations(
        "input", (rows, *depth_shape), draw(models.scales), draw(models.zero_points)
    )
    per_channel = draw(st.booleans())
    weights, bias = models.weights_and_bias(
        draw, (units, depth), 0, source.q.scale, per_channel=per_channel
    )
    if per_channel and units > 1 and weights.dtype is DType.INT4:
        # TFLM has no such kernel; the arithmetic is that of int8.
        assert weights.data is not None
        weights = models.constant("weights", weights.data, DType.INT8, weights.q.scales)
    scale = source.q.scale * max(weights.q.scales) / draw(models.multipliers())
    keep = draw(st.booleans()) and len(depth_shape) == 1
    shape = (1, rows, units) if keep else (rows, units)
    target = models.activations("output", shape, scale, draw(models.zero_points))
    options: dict[str, Any] = {
        **OPTIONS,
        "fused_activation_function": draw(st.sampled_from(models.ACTIVATIONS)),
        "keep_num_dims": keep,
    }
    absent = draw(st.sampled_from([(), (None,)]))
    inputs = (source, weights, *(absent if bias is None else (bias,)))
    return models.one_operator(FullyConnected, options, inputs, target)


@models.few
@given(st.lists(products(), min_size=10, max_size=10), models.seeds)
def test_fully_connected(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


def test_product_of_scales_is_not_rounded() -> None:
    """Biases that a multiplier from a product in single precision would give another code."""
    source = models.activations("input", (1, 1), 0.013, -128)
    weight_scale, target_scale = float32(0.017), float32(2000.0)
    exact = source.q.scale * weight_scale
    biases = np.random.default_rng(1).integers(-(1 << 30), 1 << 30, 1 << 20)
    rounded, unrounded = (
        requantize(biases, *quantize_multiplier(product / target_scale))
        for product in (float32(exact), exact)
    )
    telling = biases[rounded != unrounded][:64]
    assert len(telling) > 0
    weights = models.constant("weights", np.zeros((len(telling), 1)), DType.INT8, [weight_scale])
    bias = models.constant("bias", telling, DType.INT32, [exact])
    target = models.activations("output", (1, len(telling)), target_scale, 0)
    inputs = (source, weights, bias)
    check([models.one_operator(FullyConnected, OPTIONS, inputs, target)])


def test_options_round_trip() -> None:
    assert FullyConnected.from_options(OPTIONS, (), ()).to_options() == OPTIONS
