"""Single layers with 4-bit weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mcugen.ir.graph import DType, Graph
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.window import output_size, same_pads
from tests.kernels import models

KINDS = {"conv": Conv2D, "depthwise": DepthwiseConv2D, "fully connected": FullyConnected}


def layer(
    rng: np.random.Generator,
    kind: str,
    image: tuple[int, int, int],
    units: int,
    kernel: tuple[int, int] = (1, 1),
    stride: int = 1,
    dilation: tuple[int, int] = (1, 1),
    padding: str = "SAME",
    least: int = -8,
) -> Graph:
    """One layer with int4 weights from `least` to 7; outputs spread over their whole range."""
    height, width, channels = image
    source = models.activations("in", (1, *image), 0.05, int(rng.integers(-128, 128)))
    sizes = []
    for i, size in enumerate((height, width)):
        pads = same_pads(size, kernel[i], stride, dilation[i]) if padding == "SAME" else (0, 0)
        sizes.append(output_size(size, kernel[i], stride, dilation[i], sum(pads)))
    shape: tuple[int, ...] = (units, *kernel, channels)
    output: tuple[int, ...] = (1, *sizes, units)
    if kind == "depthwise":
        shape = (1, *kernel, units)
    elif kind == "fully connected":
        source = replace(source, shape=(height * width, channels))
        shape, output = (units, channels), (height * width, units)
    axis = 3 if kind == "depthwise" else 0
    # TFLM takes one scale for FULLY_CONNECTED's int4 weights.
    scales = rng.uniform(0.005, 0.05, 1 if kind == "fully connected" else units).tolist()
    weights = models.constant("weights", rng.integers(least, 8, shape), DType.INT4, scales, axis)
    bias = models.constant(
        "bias",
        rng.integers(-999, 999, units),
        DType.INT32,
        [source.q.scale * s for s in weights.q.scales],
    )
    depth = np.prod(shape) / units
    target = models.activations(
        "out",
        output,
        source.q.scale * max(scales) * 8 * float(np.sqrt(depth)),
        int(rng.integers(-128, 128)),
    )
    options: dict[str, Any] = {
        "fused_activation_function": str(rng.choice(models.ACTIVATIONS)),
    }
    if kind == "fully connected":
        options |= {"keep_num_dims": False, "weights_format": "DEFAULT"}
    else:
        options |= {"padding": padding, "stride_h": stride, "stride_w": stride}
        options |= {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    if kind == "depthwise":
        options["depth_multiplier"] = units // channels
    return models.one_operator(KINDS[kind], options, (source, weights, bias), target)
