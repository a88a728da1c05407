"""Lays out primitive layers one after another, with their shapes and costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mcugen.architecture.layers import Activation, Layer, Shape

MAXIMUM_ELEMENTS = 1 << 24
"""Of one feature map: beyond any microcontroller, and small enough to train."""

MAXIMUM_PARAMS = 1 << 25


class Impossible(Exception):
    """A layer that cannot stand where a block puts it; `field` is the block's, "" for the whole."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Features:
    """What a layer reads: an earlier layer's output, or the network's input."""

    name: str
    shape: Shape

    def map(self) -> tuple[int, int, int]:
        """Height, width and channels; Impossible if this is a vector."""
        if len(self.shape) != 3:
            raise Impossible(
                f"needs [height, width, channels] before it, and what comes is {list(self.shape)}"
            )
        return self.shape[0], self.shape[1], self.shape[2]


@dataclass
class Expansion:
    """The layers so far. Each method appends one and returns what it computes.

    `outputs` and `activation` are the architecture's; bits are those of the block at hand.
    """

    outputs: int
    activation: Activation
    weight_bits: int | None = None
    activation_bits: int | None = None
    layers: list[Layer] = field(default_factory=list)

    def conv(
        self,
        name: str,
        x: Features,
        channels: int,
        *,
        kernel: tuple[int, int] = (1, 1),
        stride: tuple[int, int] = (1, 1),
        activation: Activation | None = None,
        batch_norm: bool = True,
    ) -> Features:
        """A convolution, without activation of its own the architecture's."""
        height, width, depth = x.map()
        shape = (-(-height // stride[0]), -(-width // stride[1]), channels)
        weights = math.prod(kernel) * depth * channels
        return self._weighted(
            Layer("CONV_2D", name, (x.name,), shape, kernel, stride),
            activation,
            batch_norm,
            weights=weights,
            macs=shape[0] * shape[1] * weights,
        )

    def depthwise(
        self, name: str, x: Features, kernel: tuple[int, int], stride: tuple[int, int]
    ) -> Features:
        """A depthwise convolution with the architecture's activation."""
        height, width, depth = x.map()
        if stride[0] != stride[1]:
            raise Impossible(
                "must be equal in both directions: TensorFlow trains no other depthwise ones",
                "stride",
            )
        shape = (-(-height // stride[0]), -(-width // stride[1]), depth)
        weights = math.prod(kernel) * depth
        return self._weighted(
            Layer("DEPTHWISE_CONV_2D", name, (x.name,), shape, kernel, stride),
            None,
            batch_norm=True,
            weights=weights,
            macs=shape[0] * shape[1] * weights,
        )

    def dense(
        self,
        name: str,
        x: Features,
        units: int,
        *,
        activation: Activation | None = None,
        batch_norm: bool = True,
    ) -> Features:
        """A fully connected layer; a map is flattened first."""
        if len(x.shape) > 1:
            x = self.reshape(f"{name}.flatten", x, (math.prod(x.shape),))
        weights = x.shape[0] * units
        return self._weighted(
            Layer("FULLY_CONNECTED", name, (x.name,), (units,)),
            activation,
            batch_norm,
            weights=weights,
            macs=weights,
        )

    def add(self, name: str, a: Features, b: Features, activation: Activation) -> Features:
        """The sum of two maps of one shape."""
        return self._append(Layer("ADD", name, (a.name, b.name), a.shape, activation=activation))

    def pad_channels(self, name: str, x: Features, channels: int) -> Features:
        """The map with channels of zeros behind its own, so that it has `channels`; or itself."""
        height, width, depth = x.map()
        if depth == channels:
            return x
        return self._append(Layer("PAD", name, (x.name,), (height, width, channels)))

    def average_pool(self, name: str, x: Features) -> Features:
        """The mean of a whole map, [1, 1, channels]."""
        height, width, depth = x.map()
        layer = Layer("AVERAGE_POOL_2D", name, (x.name,), (1, 1, depth), kernel=(height, width))
        return self._append(layer)

    def reshape(self, name: str, x: Features, shape: Shape) -> Features:
        return self._append(Layer("RESHAPE", name, (x.name,), shape))

    def softmax(self, name: str, x: Features) -> Features:
        return self._append(Layer("SOFTMAX", name, (x.name,), x.shape))

    def _weighted(
        self,
        layer: Layer,
        activation: Activation | None,
        batch_norm: bool,
        *,
        weights: int,
        macs: int,
    ) -> Features:
        return self._append(
            replace(
                layer,
                activation=self.activation if activation is None else activation,
                has_batch_norm=batch_norm,
                weights=weights,
                biases=layer.shape[-1],
                macs=macs,
                weight_bits=self.weight_bits,
                activation_bits=self.activation_bits,
            )
        )

    def _append(self, layer: Layer) -> Features:
        if layer.elements > MAXIMUM_ELEMENTS:
            raise Impossible(
                f"makes a map {list(layer.shape)} of {layer.elements:,} elements; "
                f"at most {MAXIMUM_ELEMENTS:,} are taken"
            )
        self.layers.append(layer)
        params = sum(layer.params for layer in self.layers)
        if params > MAXIMUM_PARAMS:
            raise Impossible(
                f"brings the network to {params:,} parameters; at most {MAXIMUM_PARAMS:,} are taken"
            )
        return Features(layer.name, layer.shape)
