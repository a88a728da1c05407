"""A quantized network as plain numbers: what quantization-aware training gives to the exporter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal[
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "PAD",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "MEAN",
    "RESHAPE",
    "SOFTMAX",
]


@dataclass(frozen=True)
class Activation:
    """A tensor between layers: real = scale * (code - zero_point), codes in low … high of int8.

    `scale`, a float32 value, is what the file states; where layers only work with ratios of scales
    it may be another than the true one. `shape` begins with the batch of 1. With at most 16 codes
    it is a 4-bit tensor: its scale must be one with which a fused activation allows just these.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    low: int = -128
    high: int = 127


@dataclass(frozen=True, eq=False)
class Weights:
    """Constants of a convolution or a fully connected layer.

    `codes` int8 in TFLite's layout: [out, h, w, in]; depthwise [1, h, w, out]; dense
    [units, depth].
    `scales` float32 [out], or [1] for one scale. `bias` int32 [out] in steps of the input's scale *
    the weights'.
    """

    codes: npt.NDArray[np.int8]
    bits: Literal[4, 8]
    scales: npt.NDArray[np.float32]
    bias: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Layer:
    """One operator. `inputs` and `output` index `Network.activations`.

    `activation` is the fused one; whatever it is, the output's codes stay in its low … high.
    `window` is the kernel of a depthwise convolution or the pool's size, (h, w); `pads` of PAD are
    (before, after) for each axis; `axes` those of MEAN.
    """

    kind: Kind
    name: str
    inputs: tuple[int, ...]
    output: int
    weights: Weights | None = None
    activation: Literal["NONE", "RELU", "RELU6"] = "NONE"
    padding: Literal["SAME", "VALID"] = "SAME"
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    pads: tuple[tuple[int, int], ...] = ()
    axes: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in execution order. `input` and `output` index `activations`."""

    name: str
    activations: tuple[Activation, ...]
    layers: tuple[Layer, ...]
    input: int
    output: int
