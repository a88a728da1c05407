"""Reads a float Keras model as the operators of its file, batch normalisation folded in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.text import printable
from mcugen.train.batch_norm import FusedBatchNormalization
from mcugen.train.network import Kind
from mcugen.train.pad_channels import PadChannels
from mcugen.train.tensorflow import keras

SUPPORTED = (
    "Conv2D, DepthwiseConv2D, Dense, BatchNormalization, ReLU, Activation, Add, ZeroPadding2D, "
    "PadChannels, AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D, Flatten, Reshape, "
    "Dropout, and Softmax at the end"
)

Fused = Literal["NONE", "RELU", "RELU6"]


@dataclass(frozen=True, eq=False)
class Node:
    """One operator of the file, with what was folded into it.

    `inputs` are numbers of earlier nodes; -1 is the network's input. `value` is the symbolic Keras
    tensor that its output stands for, of `shape` without the batch. `kernel` has the output's
    channels last: [h, w, in, out], depthwise [h, w, 1, out], dense [depth, units]. The rest is as
    in `network.Layer`, but that a mean over a whole map is always MEAN.
    """

    kind: Kind
    name: str
    inputs: tuple[int, ...]
    value: Any
    shape: tuple[int, ...]
    kernel: npt.NDArray[np.float32] | None = None
    bias: npt.NDArray[np.float32] | None = None
    activation: Fused = "NONE"
    padding: Literal["SAME", "VALID"] = "VALID"
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    pads: tuple[tuple[int, int], ...] = ()


def fold(model: Any) -> tuple[Node, ...]:
    """The nodes of a functional or Sequential model in execution order; the last is its output.

    Dropout is left out, and a softmax at the end. Raises InputRejected, naming the layer, for what
    is not supported.
    """
    name = printable(str(getattr(model, "name", type(model).__name__)))
    if isinstance(model, keras.Sequential):
        layers = model.layers if model.built else []
    else:
        layers = getattr(model, "operations", [])
    layers = [layer for layer in layers if not isinstance(layer, keras.layers.InputLayer)]
    if not layers:
        raise InputRejected(
            f"'{name}' is no functional Keras model with layers",
            "build it as keras.Model(inputs, outputs), or give Sequential an Input",
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputRejected(
            f"the model '{name}' has {len(model.inputs)} inputs and {len(model.outputs)} outputs",
            "one of each is supported",
        )
    graph = _Graph(model, layers)
    for layer in layers:
        _reader(layer)(graph, layer)
    return tuple(graph.nodes)


def reject(layer: Any, problem: str, hint: str) -> NoReturn:
    """Says what about a layer is not supported, and what is."""
    raise InputRejected(f"layer '{printable(layer.name)}' {problem}", hint)


class _Graph:
    """The nodes so far, and which of them gives each symbolic tensor."""

    def __init__(self, model: Any, layers: list[Any]) -> None:
        self.nodes: list[Node] = []
        self.output = model.outputs[0]
        self._sources = {id(model.inputs[0]): -1}
        self._readers = Counter(id(tensor) for layer in layers for tensor in _inputs(layer))

    def append(self, layer: Any, kind: Kind, **fields: Any) -> None:
        """The layer is a node."""
        inputs = tuple(self._sources[id(tensor)] for tensor in _inputs(layer))
        self._sources[id(layer.output)] = len(self.nodes)
        shape = tuple(layer.output.shape[1:])
        self.nodes.append(Node(kind, layer.name, inputs, layer.output, shape, **fields))

    def skip(self, layer: Any) -> None:
        """The layer's output is its input."""
        self._sources[id(layer.output)] = self._sources[id(layer.input)]
        self._readers[id(layer.output)] += self._readers[id(layer.input)] - 1

    def fuse(self, layer: Any, after: str, change: Callable[[Node], Node]) -> None:
        """The layer changes the node it reads.

        Raises InputRejected unless that is one of the kinds `after`, as `_AFTER` has them, without
        an activation, and no other layer reads its output.
        """
        source = self._sources[id(layer.input)]
        node = self.nodes[source] if source >= 0 else None
        if node is None or node.kind not in _AFTER[after] or node.activation != "NONE":
            place = "the input" if node is None else f"'{printable(node.name)}'"
            reject(
                layer,
                f"comes after {place}",
                f"{type(layer).__name__} can follow {after} that has no activation yet",
            )
        if self._readers[id(layer.input)] > 1:
            reject(
                layer,
                f"shares the output of '{printable(node.name)}' with other layers",
                f"a {type(layer).__name__} becomes a part of the layer before it; let it alone "
                "read that one",
            )
        self.nodes[source] = replace(change(node), value=layer.output)
        self._sources[id(layer.output)] = source


_AFTER: dict[str, tuple[Kind, ...]] = {
    "a layer with weights": ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"),
    "a layer with weights, or Add,": ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD"),
}


def _reader(layer: Any) -> Callable[[_Graph, Any], None]:
    """What reads layers of this class; a stranger's subclass may compute anything."""
    own = isinstance(layer, FusedBatchNormalization | PadChannels)
    if own or type(layer).__module__.startswith("keras."):
        for kind, reader in _READERS.items():
            if isinstance(layer, kind):
                if getattr(layer, "data_format", "channels_last") != "channels_last":
                    reject(layer, "has its channels first", "use data_format='channels_last'")
                return reader
    reject(layer, f"is a {type(layer).__name__}", f"supported are {SUPPORTED}")


def _inputs(layer: Any) -> list[Any]:
    # Keras has no public way to ask; its `input` and `output` are those of the first use.
    if len(layer._inbound_nodes) != 1:
        reject(
            layer,
            "is used more than once, here or in another model",
            "give each place a layer of its own; keras.models.clone_model copies a model",
        )
    tensors = layer.input
    return tensors if isinstance(tensors, list) else [tensors]


def _conv(graph: _Graph, layer: Any) -> None:
    if layer.groups != 1:
        reject(layer, f"has {layer.groups} groups", "use DepthwiseConv2D, or a single group")
    graph.append(layer, "CONV_2D", **_constants(layer), **_window(layer))


def _depthwise(graph: _Graph, layer: Any) -> None:
    graph.append(layer, "DEPTHWISE_CONV_2D", **_constants(layer), **_window(layer))


def _dense(graph: _Graph, layer: Any) -> None:
    if len(layer.input.shape) != 2:
        reject(layer, f"reads a tensor of {len(layer.input.shape) - 1} axes", "flatten it before")
    graph.append(layer, "FULLY_CONNECTED", **_constants(layer))


def _constants(layer: Any) -> dict[str, Any]:
    """Kernel, bias and activation of a layer with weights."""
    kernel = layer.kernel.numpy().astype(np.float32)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[-1])
    activation = _fused(layer, layer.activation)
    return {"kernel": kernel, "bias": bias.astype(np.float32), "activation": activation}


def _window(layer: Any) -> dict[str, Any]:
    return {
        "padding": layer.padding.upper(),
        "stride": tuple(layer.strides),
        "dilation": tuple(layer.dilation_rate),
        "window": tuple(layer.kernel_size),
    }


def _fused(layer: Any, function: Any) -> Fused:
    """The fused activation for a Keras activation function."""
    known: dict[str, Fused] = {"linear": "NONE", "relu": "RELU", "relu6": "RELU6"}
    name = getattr(function, "__name__", type(function).__name__)
    if name not in known or getattr(keras.activations, name) is not function:
        reject(
            layer,
            f"has the activation '{printable(name)}'",
            "supported are relu, relu6 and linear; put a softmax into a layer of its own, the last",
        )
    return known[name]


def _batch_norm(graph: _Graph, layer: Any) -> None:
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in (-1, len(layer.input.shape) - 1):
        reject(layer, f"normalises axis {axis}", "normalise the last one, the channels")

    def fold(node: Node) -> Node:
        assert node.kernel is not None and node.bias is not None
        factor = 1.0 / np.sqrt(layer.moving_variance.numpy().astype(np.float64) + layer.epsilon)
        if layer.scale:
            factor *= layer.gamma.numpy()
        bias = (node.bias - layer.moving_mean.numpy()) * factor
        if layer.center:
            bias += layer.beta.numpy()
        kernel = (node.kernel * factor).astype(np.float32)
        return replace(node, kernel=kernel, bias=bias.astype(np.float32))

    graph.fuse(layer, "a layer with weights", fold)


def _relu(graph: _Graph, layer: Any) -> None:
    if layer.negative_slope or layer.threshold or layer.max_value not in (None, 6):
        reject(layer, "is no plain ReLU", "supported are ReLU() and ReLU(6.0)")
    _activate(graph, layer, "RELU" if layer.max_value is None else "RELU6")


def _activation(graph: _Graph, layer: Any) -> None:
    if layer.activation is keras.activations.softmax:
        _softmax(graph, layer)
    else:
        _activate(graph, layer, _fused(layer, layer.activation))


def _activate(graph: _Graph, layer: Any, activation: Fused) -> None:
    graph.fuse(
        layer, "a layer with weights, or Add,", lambda node: replace(node, activation=activation)
    )


def _softmax(graph: _Graph, layer: Any) -> None:
    if layer.output is not graph.output:
        reject(layer, "is a softmax inside the network", "a softmax can only be the last layer")
    graph.skip(layer)


def _add(graph: _Graph, layer: Any) -> None:
    shapes = [tuple(tensor.shape[1:]) for tensor in layer.input]
    if len(shapes) != 2 or shapes[0] != shapes[1]:
        reject(layer, f"adds tensors of shapes {shapes}", "add two of the same shape")
    graph.append(layer, "ADD")


def _zero_padding(graph: _Graph, layer: Any) -> None:
    rows, columns = layer.padding
    graph.append(layer, "PAD", pads=((0, 0), tuple(rows), tuple(columns), (0, 0)))


def _pad_channels(graph: _Graph, layer: Any) -> None:
    missing = layer.output.shape[-1] - layer.input.shape[-1]
    graph.append(layer, "PAD", pads=((0, 0), (0, 0), (0, 0), (0, missing)))


def _global_average(graph: _Graph, layer: Any) -> None:
    graph.append(layer, "MEAN", window=tuple(layer.input.shape[1:3]))


def _pool(graph: _Graph, layer: Any) -> None:
    window, whole = tuple(layer.pool_size), tuple(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.MaxPooling2D):
        kind: Kind = "MAX_POOL_2D"
    elif window == whole and tuple(layer.output.shape[1:3]) == (1, 1):
        kind = "MEAN"
    else:
        kind = "AVERAGE_POOL_2D"
    options = {"padding": layer.padding.upper(), "stride": tuple(layer.strides), "window": window}
    graph.append(layer, kind, **options)


def _reshape(graph: _Graph, layer: Any) -> None:
    if layer.output.shape == layer.input.shape:
        graph.skip(layer)
    else:
        graph.append(layer, "RESHAPE")


_READERS: dict[Any, Callable[[_Graph, Any], None]] = {
    keras.layers.Conv2D: _conv,
    keras.layers.DepthwiseConv2D: _depthwise,
    keras.layers.Dense: _dense,
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.ReLU: _relu,
    keras.layers.Activation: _activation,
    keras.layers.Softmax: _softmax,
    keras.layers.Add: _add,
    keras.layers.ZeroPadding2D: _zero_padding,
    PadChannels: _pad_channels,
    keras.layers.GlobalAveragePooling2D: _global_average,
    keras.layers.AveragePooling2D: _pool,
    keras.layers.MaxPooling2D: _pool,
    keras.layers.Flatten: _reshape,
    keras.layers.Reshape: _reshape,
    keras.layers.Dropout: _Graph.skip,
}
