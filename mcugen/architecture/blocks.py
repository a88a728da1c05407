"""The building blocks of architectures: how each is written in arch.json, and its layers.

A block is a frozen dataclass; its annotations say what its fields may hold. To add one, write it
and enter it into BLOCKS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mcugen.architecture.expansion import Expansion, Features, Impossible
from mcugen.architecture.fields import (
    Channels,
    ClassifierKind,
    Kernel,
    OptionalActivation,
    OptionalBits,
    OptionalChannels,
    Residual,
    Stride,
)


@dataclass(frozen=True)
class Block:
    """One entry of arch.json: `block` is its name there, `prefix` begins its layers' names."""

    block: ClassVar[str]
    prefix: ClassVar[str]

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        """Appends the block's layers, named after `name`, to `e`; returns what they compute.

        Raises Impossible where they cannot stand.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Weighted(Block):
    """A block with weights. Its bits override, for all its layers, those of the whole network."""

    weight_bits: OptionalBits = None
    activation_bits: OptionalBits = None


@dataclass(frozen=True, kw_only=True)
class Conv(Weighted):
    """Convolution, batch normalisation, activation."""

    block: ClassVar[str] = "conv"
    prefix: ClassVar[str] = "conv"

    channels: Channels
    kernel: Kernel = (1, 1)
    stride: Stride = (1, 1)
    activation: OptionalActivation = None

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        return e.conv(
            name,
            x,
            self.channels,
            kernel=self.kernel,
            stride=self.stride,
            activation=self.activation,
        )


@dataclass(frozen=True, kw_only=True)
class DepthwiseSeparable(Weighted):
    """Depthwise convolution, then a 1x1 one, each with batch normalisation and activation.

    Source: Howard et al., "MobileNets", 2017.
    """

    block: ClassVar[str] = "ds"
    prefix: ClassVar[str] = "ds"

    channels: Channels
    kernel: Kernel = (3, 3)
    stride: Stride = (1, 1)

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        x = e.depthwise(f"{name}.depthwise", x, self.kernel, self.stride)
        return e.conv(f"{name}.pointwise", x, self.channels)


@dataclass(frozen=True, kw_only=True)
class InvertedBottleneck(Weighted):
    """1x1 convolution to `expansion` channels, depthwise one, linear 1x1 one to `channels`.

    Without `expansion` the first is left out. `residual` adds the block's input: "add" needs equal
    shapes; "pad_add" pads the narrower of the two with channels of zeros.

    Source: Sandler et al., "MobileNetV2", CVPR 2018; the padding as in MicroNets' files.
    """

    block: ClassVar[str] = "inverted_bottleneck"
    prefix: ClassVar[str] = "ibn"

    channels: Channels
    expansion: OptionalChannels = None
    kernel: Kernel = (3, 3)
    stride: Stride = (1, 1)
    residual: Residual = "none"

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        y = x if self.expansion is None else e.conv(f"{name}.expand", x, self.expansion)
        y = e.depthwise(f"{name}.depthwise", y, self.kernel, self.stride)
        y = e.conv(f"{name}.project", y, self.channels, activation="none")
        if self.residual == "none":
            return y
        self._check_residual(x, y)
        width = max(x.shape[-1], y.shape[-1])
        x = e.pad_channels(f"{name}.pad", x, width)
        y = e.pad_channels(f"{name}.pad", y, width)
        return e.add(f"{name}.add", x, y, "none")

    def _check_residual(self, x: Features, y: Features) -> None:
        if x.shape[:2] != y.shape[:2]:
            raise Impossible(
                f"cannot add a map {list(x.shape)} to one of {list(y.shape)}: "
                "a block with a stride has no residual",
                "residual",
            )
        if self.residual == "add" and x.shape != y.shape:
            raise Impossible(
                f"cannot add {x.shape[-1]} channels to {y.shape[-1]}: "
                'make them equal, or take "pad_add"',
                "residual",
            )


@dataclass(frozen=True, kw_only=True)
class ResidualPair(Weighted):
    """Two convolutions and a shortcut, which is a 1x1 convolution where shapes differ.

    Source: He et al., "Deep Residual Learning", CVPR 2016.
    """

    block: ClassVar[str] = "residual"
    prefix: ClassVar[str] = "residual"

    channels: Channels
    kernel: Kernel = (3, 3)
    stride: Stride = (1, 1)

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        y = e.conv(f"{name}.first", x, self.channels, kernel=self.kernel, stride=self.stride)
        y = e.conv(f"{name}.second", y, self.channels, kernel=self.kernel, activation="none")
        if x.shape != y.shape:
            shortcut = f"{name}.shortcut"
            x = e.conv(shortcut, x, self.channels, stride=self.stride, activation="none")
        return e.add(f"{name}.add", x, y, e.activation)


@dataclass(frozen=True)
class AveragePool(Block):
    """The mean of each channel over the whole map."""

    block: ClassVar[str] = "average_pool"
    prefix: ClassVar[str] = "average_pool"

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        return e.average_pool(name, x)


@dataclass(frozen=True, kw_only=True)
class Dense(Weighted):
    """Fully connected layer, batch normalisation, activation; a map is flattened first."""

    block: ClassVar[str] = "dense"
    prefix: ClassVar[str] = "dense"

    units: Channels
    activation: OptionalActivation = None

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        return e.dense(name, x, self.units, activation=self.activation)


@dataclass(frozen=True, kw_only=True)
class Classifier(Weighted):
    """The last weights: linear, with a bias and as many units as the network has outputs.

    As "conv" a 1x1 convolution of a pooled map, reshaped to a vector; as "dense" fully connected.
    """

    block: ClassVar[str] = "classifier"
    prefix: ClassVar[str] = "classifier"

    kind: ClassifierKind = "dense"

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        if self.kind == "dense":
            return e.dense(name, x, e.outputs, activation="none", batch_norm=False)
        height, width, _ = x.map()
        if (height, width) != (1, 1):
            raise Impossible(
                f'"conv" needs a map of 1 x 1 before it, and what comes is {list(x.shape)}: '
                "put an average_pool before it",
                "kind",
            )
        x = e.conv(name, x, e.outputs, activation="none", batch_norm=False)
        return e.reshape(f"{name}.flatten", x, (e.outputs,))


@dataclass(frozen=True)
class Softmax(Block):
    """Probabilities, in the exported file only: training works on what comes before."""

    block: ClassVar[str] = "softmax"
    prefix: ClassVar[str] = "softmax"

    def expand(self, name: str, x: Features, e: Expansion) -> Features:
        return e.softmax(name, x)


BLOCKS: dict[str, type[Block]] = {
    block.block: block
    for block in (
        Conv,
        DepthwiseSeparable,
        InvertedBottleneck,
        ResidualPair,
        AveragePool,
        Dense,
        Classifier,
        Softmax,
    )
}
