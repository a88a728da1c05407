"""From an architecture to a Keras model to train."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mcugen.architecture import INPUT, Architecture, Layer
from mcugen.train.batch_norm import FusedBatchNormalization
from mcugen.train.pad_channels import PadChannels
from mcugen.train.tensorflow import keras

# The moving statistics follow the last ten batches or so: short trainings have few more.
MOMENTUM = 0.9


def float_model(architecture: Architecture, seed: int = 0) -> Any:
    """A functional Keras model, [n, *architecture.input] → logits [n, outputs], with new weights.

    Layers have the architecture's names; what else belongs to one has its name as a prefix:
    `ds_1.depthwise`, `ds_1.depthwise.batch_norm`, `ds_1.depthwise.activation`. A softmax at the end
    is left to the exporter. The same architecture and seed give the same weights.
    """
    values = {INPUT: keras.Input(architecture.input, name=INPUT)}
    for index, layer in enumerate(architecture.layers):
        if layer.kind == "SOFTMAX":
            break
        inputs = [values[name] for name in layer.inputs]
        x = _LAYERS[layer.kind](layer, _initializer(layer, seed, index))(
            inputs if len(inputs) > 1 else inputs[0]
        )
        if layer.has_batch_norm:
            x = FusedBatchNormalization(momentum=MOMENTUM, name=f"{layer.name}.batch_norm")(x)
        if layer.activation != "none":
            maximum = 6.0 if layer.activation == "relu6" else None
            x = keras.layers.ReLU(maximum, name=f"{layer.name}.activation")(x)
        values[layer.name] = outputs = x
    return keras.Model(values[INPUT], outputs, name=architecture.name)


def _conv(layer: Layer, initializer: Any) -> Any:
    return keras.layers.Conv2D(
        layer.shape[-1],
        layer.kernel,
        layer.stride,
        padding="same",
        use_bias=not layer.has_batch_norm,
        kernel_initializer=initializer,
        name=layer.name,
    )


def _depthwise(layer: Layer, initializer: Any) -> Any:
    return keras.layers.DepthwiseConv2D(
        layer.kernel,
        layer.stride,
        padding="same",
        use_bias=not layer.has_batch_norm,
        depthwise_initializer=initializer,
        name=layer.name,
    )


def _dense(layer: Layer, initializer: Any) -> Any:
    return keras.layers.Dense(
        layer.shape[-1],
        use_bias=not layer.has_batch_norm,
        kernel_initializer=initializer,
        name=layer.name,
    )


_LAYERS: dict[str, Callable[[Layer, Any], Any]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "ADD": lambda layer, _: keras.layers.Add(name=layer.name),
    "PAD": lambda layer, _: PadChannels(layer.shape[-1], name=layer.name),
    "AVERAGE_POOL_2D": lambda layer, _: keras.layers.AveragePooling2D(
        layer.kernel, name=layer.name
    ),
    "RESHAPE": lambda layer, _: keras.layers.Reshape(layer.shape, name=layer.name),
}


def _initializer(layer: Layer, seed: int, index: int) -> Any:
    """Normal with variance 2 / fan-in (He et al., 2015); Keras miscounts that of depthwise ones."""
    fan_in = layer.weights // layer.shape[-1] if layer.weights else 1
    own_seed = int(np.random.SeedSequence((seed, index)).generate_state(1)[0])
    return keras.initializers.TruncatedNormal(stddev=math.sqrt(2.0 / fan_in), seed=own_seed)
