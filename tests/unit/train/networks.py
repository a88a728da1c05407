"""Networks of random numbers, made by hand: what quantization-aware training gives, without it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mcugen.ir.ops.window import output_size, same_pads
from mcugen.train.network import Activation, Kind, Layer, Network, Weights

Form = Literal["relu8", "relu6", "linear8", "relu4", "linear4"]
"""What holds an activation's codes."""

SPREAD = {"relu8": 100.0, "relu6": 100.0, "linear8": 50.0, "relu4": 6.0, "linear4": 3.0}
"""Typical distance of the codes from the zero point."""

CLAMPING = {"relu6": 6 / 255, "relu4": 6 / 15, "linear4": 1 / 7}
"""Scales with which a fused activation allows just a form's codes."""

WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


@dataclass
class Builder:
    """A network under construction; every method returns the index of the activation it adds."""

    shape: tuple[int, ...]
    seed: int = 0
    activations: list[Activation] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.activations = [Activation("input", self.shape, single(0.2011), -5)]
        self.spreads = [70.0]

    def conv(
        self,
        source: int,
        channels: int,
        kernel: tuple[int, int] = (1, 1),
        form: Form = "relu8",
        bits: Literal[4, 8] = 8,
        **options: Any,
    ) -> int:
        shape = (channels, *kernel, self.activations[source].shape[-1])
        return self.weighted("CONV_2D", source, shape, 0, form, bits, kernel, **options)

    def depthwise(
        self,
        source: int,
        kernel: tuple[int, int] = (3, 3),
        form: Form = "relu8",
        bits: Literal[4, 8] = 8,
        **options: Any,
    ) -> int:
        shape = (1, *kernel, self.activations[source].shape[-1])
        return self.weighted("DEPTHWISE_CONV_2D", source, shape, 3, form, bits, kernel, **options)

    def dense(
        self, source: int, units: int, form: Form = "linear8", bits: Literal[4, 8] = 8
    ) -> int:
        shape = (units, math.prod(self.activations[source].shape))
        return self.weighted("FULLY_CONNECTED", source, shape, 0, form, bits, None)

    def weighted(
        self,
        kind: Kind,
        source: int,
        shape: tuple[int, ...],
        axis: int,
        form: Form,
        bits: Literal[4, 8],
        kernel: tuple[int, int] | None,
        **options: Any,
    ) -> int:
        limit = 7 if bits == 4 else 127
        codes = self.rng.integers(-limit, limit, shape, np.int8, endpoint=True)
        channels, depth = shape[axis], math.prod(shape) // shape[axis]
        single_scale = kind == "FULLY_CONNECTED" and bits == 4
        before = self.activations[source]
        # Sums have about this size, in steps of input scale * weight scale.
        sums = math.sqrt(depth) * self.spreads[source] * limit / 2
        bias = self.rng.normal(0.0, sums / 2, channels).astype(np.int32)
        scale = CLAMPING.get(form) or self.rng.uniform(0.02, 0.2)
        typical = scale * SPREAD[form] / (sums * before.scale)
        drawn = typical * self.rng.uniform(0.5, 1.5, 1 if single_scale else channels)
        scales = drawn.astype(np.float32)
        weights = Weights(codes, bits, scales, bias)
        layer = Layer(kind, f"layer_{len(self.layers)}", (source,), 0, weights, **options)
        output: tuple[int, ...] = (1, channels)
        if kernel is not None:
            output = (1, *window_output(before.shape, kernel, layer), channels)
        return self.add(layer, activation(output, scale, form), SPREAD[form])

    def add(self, layer: Layer, tensor: Activation, spread: float) -> int:
        fused = {"relu8": "RELU", "relu6": "RELU6", "relu4": "RELU"}.get(tensor.name, "NONE")
        self.activations.append(replace(tensor, name=f"tensor_{len(self.activations)}"))
        self.spreads.append(spread)
        output = len(self.activations) - 1
        if layer.kind in WEIGHTED:
            layer = replace(layer, activation=fused)  # type: ignore[arg-type]
        self.layers.append(replace(layer, output=output))
        return output

    def plain(
        self,
        kind: Kind,
        sources: tuple[int, ...],
        shape: tuple[int, ...],
        **changes: Any,
    ) -> int:
        """A layer without weights; unless `changes` say else, its output is as its first input."""
        options = {k: v for k, v in changes.items() if k in Layer.__dataclass_fields__}
        facts = {k: v for k, v in changes.items() if k not in options}
        layer = Layer(kind, f"layer_{len(self.layers)}", sources, 0, **options)
        tensor = replace(self.activations[sources[0]], shape=shape, **facts)
        return self.add(layer, tensor, self.spreads[sources[0]])

    def pool(
        self, kind: Kind, source: int, window: tuple[int, int], stride: tuple[int, int]
    ) -> int:
        shape = self.activations[source].shape
        layer = Layer(kind, "", (source,), 0, padding="VALID", window=window, stride=stride)
        output = (1, *window_output(shape, window, layer), shape[-1])
        return self.plain(kind, (source,), output, padding="VALID", window=window, stride=stride)

    def mean(self, source: int) -> int:
        """Over height and width, with an 8-bit scale of its own."""
        before = self.activations[source]
        steps = 255 / (before.high - before.low)
        facts = {"scale": single(before.scale / steps / 2), "zero_point": -100}
        shape = (1, before.shape[-1])
        mean = self.plain("MEAN", (source,), shape, axes=(1, 2), low=-128, high=127, **facts)
        self.spreads[mean] = 60.0
        return mean

    def network(self, output: int) -> Network:
        return Network("net", tuple(self.activations), tuple(self.layers), 0, output)


def activation(shape: tuple[int, ...], scale: float, form: Form) -> Activation:
    """An activation of this form, whose name is the form's."""
    zero_point, low, high = {
        "relu8": (-128, -128, 127),
        "relu6": (-128, -128, 127),
        "linear8": (11, -128, 127),
        "relu4": (-128, -128, -113),
        "linear4": (0, -7, 7),
    }[form]
    return Activation(form, shape, single(scale), zero_point, low, high)


def single(value: float) -> float:
    return float(np.float32(value))


def window_output(image: tuple[int, ...], kernel: tuple[int, int], layer: Layer) -> tuple[int, int]:
    sizes = []
    for i in (0, 1):
        window = image[1 + i], kernel[i], layer.stride[i], layer.dilation[i]
        pads = sum(same_pads(*window)) if layer.padding == "SAME" else 0
        sizes.append(output_size(*window, pads))
    return sizes[0], sizes[1]


def codes_of_input(network: Network, features: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """Real values [n, *input shape] as the input's codes, rounded half away from zero."""
    tensor = network.activations[network.input]
    # The sum is exact in double precision, so that nothing below a half is rounded up.
    scaled = (features.astype(np.float32) / np.float32(tensor.scale)).astype(np.float64)
    nearest = np.trunc(scaled + np.copysign(0.5, scaled)) + tensor.zero_point
    codes: npt.NDArray[np.int8] = np.clip(nearest, tensor.low, tensor.high).astype(np.int8)
    return codes


def ds_cnn(weights: Literal[4, 8], form: Form, seed: int = 0) -> Network:
    """A keyword spotter: convolution, two separable blocks, MEAN and a classifier."""
    b = Builder((1, 13, 6, 1), seed)
    t = b.conv(0, 12, (5, 4), form, weights, stride=(2, 1))
    for stride in ((2, 2), (1, 1)):
        t = b.depthwise(t, (3, 3), form, weights, stride=stride)
        t = b.conv(t, 10, (1, 1), form, weights)
    return b.network(b.dense(b.mean(t), 5, "linear8", weights))


def mobile_net(weights: Literal[4, 8], act: Literal[4, 8], seed: int = 0) -> Network:
    """Inverted bottlenecks with ReLU6, one added to its input with more channels, and pooling.

    What ADD reads keeps 8 bits, as in training.
    """
    form: Form = "relu4" if act == 4 else "relu6"
    b = Builder((1, 8, 8, 3), seed)
    t = b.conv(0, 6, (3, 3), form, weights, stride=(2, 2))
    t = b.depthwise(t, (3, 3), form, weights)
    first = b.conv(t, 4, (1, 1), "linear8", weights)
    t = b.conv(first, 14, (1, 1), form, weights)
    t = b.depthwise(t, (3, 3), form, weights)
    second = b.conv(t, 6, (1, 1), "linear8", weights)
    pads = ((0, 0), (0, 0), (0, 0), (0, 2))
    padded = b.plain("PAD", (first,), (1, 4, 4, 6), pads=pads)
    facts = {"scale": single(b.activations[second].scale * 1.3), "zero_point": 3}
    t = b.plain("ADD", (padded, second), (1, 4, 4, 6), **facts)
    t = b.conv(t, 8, (1, 1), "linear4" if act == 4 else "linear8", weights)
    t = b.conv(t, 9, (1, 1), form, weights)
    t = b.pool("MAX_POOL_2D", t, (2, 2), (2, 2))
    t = b.conv(t, 8, (1, 1), "relu8", weights)
    t = b.pool("AVERAGE_POOL_2D", t, (2, 2), (1, 1))
    t = b.conv(t, 3, (1, 1), "linear8", weights)
    return b.network(b.plain("RESHAPE", (t,), (1, 3)))


def autoencoder(weights: Literal[4, 8], form: Form, seed: int = 0) -> Network:
    b = Builder((1, 20), seed)
    t = b.dense(0, 16, form, weights)
    t = b.dense(t, 4, form, weights)
    t = b.dense(t, 16, form, weights)
    return b.network(b.dense(t, 20, "linear8", weights))
