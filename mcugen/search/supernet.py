"""All networks of a space as one: the widest, with masks for widths and a mixture for depth.

Sources: masks that share a convolution's weights, Wan et al., "FBNetV2", CVPR 2020; mixtures of
operations, Liu et al., "DARTS", ICLR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.architecture import INPUT, Layer
from mcugen.search.kernels import Site
from mcugen.search.masked import MaskedNormalization, Mix, SharedWeights
from mcugen.search.space import Space
from mcugen.search.walk import Stage, stages, widened, widths
from mcugen.train.float_model import MOMENTUM, initializer
from mcugen.train.spec import Bits
from mcugen.train.tensorflow import keras

ALIGNMENT = 32
"""Convolutions of so many channels, or multiples, are computed faster: in bfloat16, 120 take more
than twice the time of 128. What is added is masked always."""


def supernet(space: Space, seed: int = 0, *, products: str = "float32") -> Any:
    """A functional Keras model of all of the space's networks, with new weights.

    Inputs are features [n, *space.input], then for each decision a vector with the probability, or
    the share, of each choice. Outputs are logits [n, outputs]. Where every choice is certain, it
    computes what `float_model` does with the first channels of its weights. `products` is the
    type in which convolutions are computed, "float32" or "bfloat16". The same space and seed give
    the same weights.
    """
    features = keras.Input(space.input, name=INPUT)
    choices = [
        keras.Input(batch_shape=(len(d.choices),), name=f"{d.node}_{d.field}")
        for d in space.decisions
    ]
    outputs = _Builder(space, choices, seed, products).build(features)
    return keras.Model([features, *choices], outputs, name=space.name)


class _Builder:
    """Lays the widest network's layers on Keras tensors."""

    def __init__(self, space: Space, choices: Sequence[Any], seed: int, products: str) -> None:
        self._space, self._choices = space, choices
        self._widths = widths(space, choices, keras.ops)
        self._seed, self._products = seed, products
        self._number = 0
        self._summands = {name for x in space.widest.layers if x.kind == "ADD" for name in x.inputs}

    def build(self, features: Any) -> Any:
        comes = features
        for stage in stages(self._space):
            values = {stage.source: comes}
            for layer in stage.layers:
                if layer.kind == "SOFTMAX":
                    return comes
                values[layer.name] = self._layer(stage, layer, [values[n] for n in layer.inputs])
            block = values[stage.target]
            if stage.keep is not None:
                keep = self._choices[stage.keep][1]
                name = stage.layers[0].name.split(".")[0]
                scaled = stage.layers[-1].has_batch_norm
                block = Mix(f"{name}.mix", stage.stride, scaled)(block, comes, keep)
            comes = block
        return comes

    def _layer(self, stage: Stage, layer: Layer, inputs: Sequence[Any]) -> Any:
        x = inputs[0]
        if layer.weights:
            return self._weighted(stage, layer, x)
        if layer.kind == "ADD":
            width = max(value.shape[-1] for value in inputs)
            x = keras.ops.add(*(_padded(value, width) for value in inputs))
            return _ACTIVATIONS[layer.activation](x)
        if layer.kind == "PAD":
            return _padded(x, max(x.shape[-1], layer.shape[-1]))
        if layer.kind == "AVERAGE_POOL_2D":
            return _average_pool(layer, x)
        assert layer.kind == "RESHAPE"
        return keras.layers.Flatten(name=layer.name, dtype=x.dtype)(x)

    def _weighted(self, stage: Stage, layer: Layer, x: Any) -> Any:
        self._number += 1
        depthwise = layer.kind == "DEPTHWISE_CONV_2D"
        channels = x.shape[-1] if depthwise else self._aligned(stage, layer)
        shape: tuple[int, ...] = (1 if depthwise else x.shape[-1], channels)
        if layer.kind != "FULLY_CONNECTED":
            shape = (*layer.kernel, *shape)
        weights = SharedWeights(
            layer.name,
            shape,
            initializer(layer, self._seed, self._number),
            stride=layer.stride,
            bias=not layer.has_batch_norm,
            products=self._products,
        )
        x = weights(
            x,
            taps=self._taps(stage, layer, x),
            four_bit=self._four_bit(stage, layer, "weights"),
        )
        if not layer.has_batch_norm:
            return x
        survival = widened(self._widths.layers[layer.name], channels, keras.ops)
        if stage.keep is not None and layer is stage.layers[-1]:
            survival = survival * self._choices[stage.keep][1]
        normalization = MaskedNormalization(
            layer.activation, momentum=MOMENTUM, name=f"{layer.name}.batch_norm"
        )
        return normalization(
            x,
            keras.ops.convert_to_tensor(survival),
            four_bit=self._four_bit(stage, layer, "activations"),
        )

    def _aligned(self, stage: Stage, layer: Layer) -> int:
        """The layer's channels in the supernet."""
        channels = layer.shape[-1]
        if stage.width_of(layer) is None or channels < ALIGNMENT:
            return channels
        return -(-channels // ALIGNMENT) * ALIGNMENT

    def _taps(self, stage: Stage, layer: Layer, x: Any) -> Any:
        """The mask of the kernel that the layer applies to `x`, [h, w]; None if it has but one."""
        decision = stage.kernel_of(layer)
        if decision is None:
            return None
        kernels = self._space.all_nodes[stage.node].kernel
        masks = _kernel_masks(layer, (x.shape[1], x.shape[2]), kernels)
        return keras.ops.tensordot(self._choices[decision], masks, 1)

    def _four_bit(self, stage: Stage, layer: Layer, of: str) -> Any:
        """The share in which the layer's weights or activations have 4 bits; None: in none."""
        if of == "activations" and layer.name in self._summands:
            return None  # whatever the architecture says, an addition reads 8 bits
        if stage.bits is None:
            bits = layer.weight_bits if of == "weights" else layer.activation_bits
            return 1.0 if bits == 4 else None
        choices = self._space.decisions[stage.bits].choices
        narrow = [isinstance(bits, Bits) and getattr(bits, of) == 4 for bits in choices]
        if not any(narrow):
            return None
        return keras.ops.matmul(self._choices[stage.bits], np.array(narrow, np.float32))


def _kernel_masks(
    layer: Layer, image: tuple[int, int], kernels: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float32]:
    """Where each of the kernels lies within the layer's own, [kernels, h, w].

    `image` is the input's (height, width): it decides how a stride's padding is divided.
    """
    own = Site(layer, image).window.pads
    masks = np.zeros((len(kernels), *layer.kernel), np.float32)
    for mask, (height, width) in zip(masks, kernels, strict=True):
        pads = Site(replace(layer, kernel=(height, width)), image).window.pads
        top, left = own.top - pads.top, own.left - pads.left
        mask[top : top + height, left : left + width] = 1.0
    return masks


def _padded(x: Any, channels: int) -> Any:
    missing = channels - x.shape[-1]
    return keras.ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, missing))) if missing else x


def _average_pool(layer: Layer, x: Any) -> Any:
    if layer.stride == (1, 1):
        return keras.ops.mean(keras.ops.cast(x, "float32"), axis=(1, 2), keepdims=True)
    return keras.ops.average_pool(x, layer.kernel, layer.stride, "same")


_ACTIVATIONS = {
    "none": lambda x: x,
    "relu": keras.ops.relu,
    "relu6": keras.ops.relu6,
}
