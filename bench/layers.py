"""Models of a single layer, by shape: what kernels cost in isolation."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.window import Pads, Window, output_size, same_pads
from mcugen.tflite.writer import write_model

_NAME = re.compile(r"(conv|dw|fc)_s8 (\d+)x(\d+)x(\d+)->(\d+) k(\d+)x(\d+) s(\d+)")
ACTIVATIONS = Quantization((0.05,), (-3,))


def single_layer(name: str, seed: int = 0) -> Graph:
    """The layer of a name such as 'conv_s8 25x5x64->64 k1x1 s1', with SAME padding.

    Weights are random over all of int8, biases small, scales per channel (per tensor for fc).
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} names no layer")
    kind, numbers = match[1], [int(word) for word in match.groups()[1:]]
    height, width, depth, channels, kernel_h, kernel_w, stride = numbers
    rng = np.random.default_rng(seed)
    if kind == "fc":
        weights = _codes(rng, (channels, height * width * depth))
        return _graph(FullyConnected(), (1, height * width * depth), weights, None, (1, channels))
    rows, columns = (
        same_pads(size, kernel, stride, 1)
        for size, kernel in ((height, kernel_h), (width, kernel_w))
    )
    window = Window(stride, stride, 1, 1, "SAME", Pads(*rows, *columns))
    output = (
        1,
        output_size(height, kernel_h, stride, 1, sum(rows)),
        output_size(width, kernel_w, stride, 1, sum(columns)),
        channels,
    )
    source = (1, height, width, depth)
    if kind == "dw":
        weights = _codes(rng, (1, kernel_h, kernel_w, channels))
        return _graph(DepthwiseConv2D(window), source, weights, 3, output)
    return _graph(
        Conv2D(window), source, _codes(rng, (channels, kernel_h, kernel_w, depth)), 0, output
    )


def write_layer(name: str, folder: Path) -> Path:
    """The layer as a .tflite file, named after it."""
    path = folder / (re.sub(r"[^a-z0-9]+", "_", name) + ".tflite")
    path.write_bytes(write_model(single_layer(name)))
    return path


def _codes(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    return rng.integers(-127, 127, shape, np.int8, endpoint=True)


def _graph(
    attributes: Attributes,
    source: tuple[int, ...],
    weights: npt.NDArray[np.int8],
    axis: int | None,
    output: tuple[int, ...],
) -> Graph:
    """One layer; its output scale lets typical sums fill the range of the codes.

    `axis` is that of the weights' scales, None for a single one.
    """
    channels = output[-1]
    count = 1 if axis is None else channels
    scales = tuple(0.004 + 0.002 * i / count for i in range(count))
    zeros = (0,) * count
    typical_sum = 73 * 73 * float(np.sqrt(weights.size // channels))
    tensors = (
        Tensor("input", source, DType.INT8, ACTIVATIONS),
        Tensor(
            "weights", weights.shape, DType.INT8, Quantization(scales, zeros, axis or 0), weights
        ),
        Tensor(
            "bias",
            (channels,),
            DType.INT32,
            Quantization(tuple(ACTIVATIONS.scale * s for s in scales), zeros),
            np.arange(channels, dtype=np.int32) * 16,
        ),
        Tensor(
            "output",
            output,
            DType.INT8,
            Quantization((ACTIVATIONS.scale * 0.005 * typical_sum / 73,), (5,)),
        ),
    )
    return Graph("layer", tensors, (Operator(attributes, (0, 1, 2), (3,)),), (0,), (3,))
