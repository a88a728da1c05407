"""Finds what goes wrong in a network that trains, and names the layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.text import printable
from mcugen.train.layers import Weighted
from mcugen.train.network import Network
from mcugen.train.qat import to_network
from mcugen.train.results import Finding
from mcugen.train.tensorflow import keras, tf

NAMED_CHANNELS = 8
EXACT_SUM = 1 << 24
"""Single precision, in which the training graph adds, holds all whole numbers up to here."""


class Examiner:
    """Looks for layers and channels of a functional model that do nothing, on some examples."""

    def __init__(self, model: Any) -> None:
        activations = keras.layers.ReLU, keras.layers.Activation
        self._layers = [x for x in model.layers if x.variables or isinstance(x, activations)]
        inner = keras.Model(model.inputs, [layer.output for layer in self._layers])
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        self._run = tf.function(lambda x: [_varies(y) for y in _list(inner(x))], signature)

    def __call__(self, features: npt.NDArray[np.float32]) -> tuple[Finding, ...]:
        """What is found, in the layers' order.

        Weights that are all zero; outputs of which all channels, or some, are the same wherever and
        whatever the input is. A later layer that only inherits such channels is named as well.
        """
        findings: list[Finding] = []
        varying = self._run(tf.constant(features))
        for layer, channels in zip(self._layers, varying, strict=True):
            kernels = [v for v in layer.trainable_variables if len(v.shape) >= 2]
            dead = np.flatnonzero(~channels.numpy())
            if any(not np.any(kernel.numpy()) for kernel in kernels):
                findings.append(Finding(layer.name, "all its weights are zero"))
            elif len(dead) == len(channels):
                findings.append(Finding(layer.name, "its output is always the same"))
            elif len(dead):
                findings.append(Finding(layer.name, _dead_channels(dead, len(channels))))
        return tuple(findings)


def number_findings(quantized: Any) -> tuple[Finding, ...]:
    """Numbers of a quantized model that its file cannot express, or that it computes with rounding.

    Those are scales of activations, channels of weights too small for a multiplier, and sums.
    """
    network = to_network(quantized)
    return scale_findings(network) + vanishing_findings(quantized) + sum_findings(network)


def scale_findings(network: Network) -> tuple[Finding, ...]:
    """Scales of activations that float32 cannot express."""
    least = float(np.finfo(np.float32).tiny)
    return tuple(
        Finding(a.name, f"its scale {a.scale:.3g} is no positive normal float32")
        for a in network.activations
        if not least <= a.scale < np.inf
    )


def vanishing_findings(quantized: Any) -> tuple[Finding, ...]:
    """Channels whose weights are too small for a multiplier: they give their bias."""
    findings = []
    for layer in quantized.layers:
        if isinstance(layer, Weighted):
            vanishing = layer.vanishing()
            under = np.flatnonzero(vanishing)
            if len(under):
                where = _channels(under, len(vanishing))
                findings.append(Finding(layer.name, f"the weights' scales underflow: {where}"))
    return tuple(findings)


def sum_findings(network: Network) -> tuple[Finding, ...]:
    """Layers in which a sum of products can exceed what single precision holds exactly.

    The bound is static: every weight meets the largest code, and all products add up.
    """
    findings = []
    for layer in network.layers:
        if layer.weights is None:
            continue
        source = network.activations[layer.inputs[0]]
        largest = max(source.high - source.zero_point, source.zero_point - source.low)
        codes = np.abs(layer.weights.codes.astype(np.int64))
        # The channels are the last axis of a depthwise kernel, the first of all others.
        axes = (0, 1, 2) if layer.kind == "DEPTHWISE_CONV_2D" else tuple(range(1, codes.ndim))
        most = codes.sum(axis=axes) * largest + np.abs(layer.weights.bias.astype(np.int64))
        beyond = np.flatnonzero(most > EXACT_SUM)
        if len(beyond):
            where = _channels(beyond, len(most))
            findings.append(Finding(layer.name, f"sums can exceed 2^24 and be rounded: {where}"))
    return tuple(findings)


def not_finite(
    model: Any, features: Any, gradients: Sequence[Any], place: str, advice: str
) -> McugenError:
    """Explains why the loss or its gradients are not finite, at `place` on these features.

    `gradients` are those of the model's trainable variables; `advice` is the error's hint.
    """
    broken = _last_not_finite(model, [v.value for v in model.trainable_variables])
    exploding = _last_not_finite(model, gradients)
    if broken:
        cause = f"the weights of layer '{broken}' are not finite"
    else:
        cause = _first_not_finite(model, features)
    if not cause and exploding:
        # Gradients flow from the output to the input: the last layer's broke first.
        cause = f"all outputs are finite, the gradients of layer '{exploding}' are not"
    return McugenError(
        f"training broke down ({place}): {cause or 'the loss itself overflows'}", advice
    )


def _last_not_finite(model: Any, values: Sequence[Any]) -> str:
    """The last layer with such a value, of one for each trainable variable; '' if there is none."""
    variables = zip(model.trainable_variables, values, strict=True)
    paths = [v.path for v, value in variables if not np.all(np.isfinite(value.numpy()))]
    return printable(paths[-1].split("/")[0]) if paths else ""


def _first_not_finite(model: Any, features: Any) -> str:
    """Names the first layer with such an output; '' if there is none."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    inner = keras.Model(model.inputs, [layer.output for layer in layers])
    for layer, output in zip(layers, _list(inner(features, training=True)), strict=True):
        if not np.all(np.isfinite(output.numpy())):
            return f"layer '{printable(layer.name)}' is the first whose output is not finite"
    return ""


def _varies(output: Any) -> Any:
    """[channels]: whether an output's channel has two different values anywhere."""
    axes = tuple(range(len(output.shape) - 1))
    return tf.reduce_max(output, axis=axes) > tf.reduce_min(output, axis=axes)


def _dead_channels(dead: npt.NDArray[np.intp], of: int) -> str:
    return f"dead: {_channels(dead, of)}"


def _channels(numbers: npt.NDArray[np.intp], of: int) -> str:
    named = ", ".join(str(n) for n in numbers[:NAMED_CHANNELS])
    more = ", …" if len(numbers) > NAMED_CHANNELS else ""
    return f"{len(numbers)} of {of} channels ({named}{more})"


def _list(outputs: Any) -> Sequence[Any]:
    return outputs if isinstance(outputs, list | tuple) else [outputs]
