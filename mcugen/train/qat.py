"""Quantization-aware training: a Keras model that computes what its exported file computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.train import layers
from mcugen.train.folding import Node, fold
from mcugen.train.footprint import examples_at_once
from mcugen.train.grids import CodingLayer, Dequantize, Grid, Quantize
from mcugen.train.layers import Operator, Weighted
from mcugen.train.network import Activation, Kind, Layer, Network, Weights
from mcugen.train.ranges import Observed, linear_range, observe, relu_range
from mcugen.train.spec import QuantizationSpec, Width
from mcugen.train.tensorflow import keras, tf

BATCH = 256

WEIGHTED: Mapping[Kind, type[Weighted]] = {
    "CONV_2D": layers.Conv2D,
    "DEPTHWISE_CONV_2D": layers.DepthwiseConv2D,
    "FULLY_CONNECTED": layers.FullyConnected,
}

KEEPING_CODES: Mapping[Kind, type[Operator]] = {
    "AVERAGE_POOL_2D": layers.AveragePool2D,
    "MAX_POOL_2D": layers.MaxPool2D,
    "PAD": layers.Pad,
    "RESHAPE": layers.Reshape,
}
"""Operators whose output's codes mean what the input's mean."""


def quantize(
    model: Any, spec: QuantizationSpec, calibration: npt.NDArray[Any], *, name: str = ""
) -> Any:
    """A quantized copy of a trained float model: a functional Keras model, to use or to train on.

    `model` is functional or Sequential, [n, *shape] to [n, outputs], of the layers that
    `folding.SUPPORTED` names. Batch normalisation is folded into the weights; a softmax at the end
    is left out: the copy gives logits. `calibration` are typical inputs [m, *shape], some hundred;
    they set the activations' ranges.

    The copy takes and gives real values. Called with `training=False` it computes to the last bit
    what TFLM computes with the file exported from it; with `training=True` nearly (see
    `arithmetic`). As it is, it is the model quantized after training. Trained on, by whatever
    trains Keras models, it learns weights and the steps of activations.

    Its layers bear the names of the model's layers with weights, additions and pools.

    Raises InputRejected, naming the layer, for a model that is not supported, and for a calibration
    that does not fit it.
    """
    nodes = fold(model)
    spec.check_patterns([node.name for node in nodes if node.kernel is not None])
    source = model.inputs[0]
    examples = _checked(calibration, tuple(source.shape[1:]))
    values = {source.name: source} | {
        node.name: node.value for node in nodes if node.kind not in KEEPING_CODES
    }
    observed = observe(model, values, examples)
    inputs = keras.Input(source.shape[1:], name=source.name)
    to_codes = Quantize(f"{source.name}.codes", linear_range(observed[source.name], 8))
    quantized = _Quantized(to_codes(inputs), to_codes.target)
    widths = activation_widths(nodes, spec)
    for node, width in zip(nodes, widths, strict=True):
        quantized.add(node, spec, width, observed.get(node.name))
    last, grid = quantized.outputs[-1]
    outputs = Dequantize(f"{nodes[-1].name}.values", grid)(last)
    return keras.Model(inputs, outputs, name=name or model.name)


def activation_widths(nodes: Sequence[Node], spec: QuantizationSpec) -> list[Width]:
    """Bits of each node's output.

    8 for the last one, for what an addition reads or writes, and for what reaches these without
    weights between.
    """
    widths: list[Width] = []
    kept = {len(nodes) - 1}
    for number, node in reversed(list(enumerate(nodes))):
        if node.kind == "ADD" or (number in kept and node.kind not in WEIGHTED):
            kept |= {number, *node.inputs}
        widths.append(8 if number in kept else spec.bits_of(node.name).activations)
    return widths[::-1]


class _Quantized:
    """The quantized layers' symbolic outputs so far, node by node, with their grids."""

    def __init__(self, codes: Any, grid: Grid) -> None:
        self.outputs: list[tuple[Any, Grid]] = []
        self._input = codes, grid

    def add(
        self, node: Node, spec: QuantizationSpec, width: Width, observed: Observed | None
    ) -> None:
        """Appends the node. `width` is its output's, unless it keeps its input's codes."""
        sources = [self.outputs[i] if i >= 0 else self._input for i in node.inputs]
        codes, grids = [source[0] for source in sources], [source[1] for source in sources]
        if node.kind == "MEAN" and grids[0].fixed_scale is None:
            self.outputs.append((_average_pool(node, codes[0], grids[0]), grids[0]))
            return
        layer = _layer(node, grids, spec, width, observed)
        self.outputs.append((layer(codes if len(codes) > 1 else codes[0]), layer.target))


def _layer(
    node: Node,
    sources: list[Grid],
    spec: QuantizationSpec,
    width: Width,
    observed: Observed | None,
) -> Operator:
    if node.kind in KEEPING_CODES:
        return KEEPING_CODES[node.kind](node, sources)
    assert observed is not None
    if node.kind == "MEAN":
        return layers.Mean(node, sources, linear_range(observed, 8))
    clamped = node.activation != "NONE"
    range_ = relu_range(observed, width) if clamped else linear_range(observed, width)
    if node.kind == "ADD":
        return layers.Add(node, sources, range_)
    bits = spec.bits_of(node.name, depthwise=node.kind == "DEPTHWISE_CONV_2D")
    return WEIGHTED[node.kind](node, sources, range_, bits.weights)


def _average_pool(node: Node, codes: Any, grid: Grid) -> Any:
    """A mean over a whole map, by the pool that keeps its input's scale."""
    pool = replace(node, kind="AVERAGE_POOL_2D", stride=node.window, shape=(1, 1, node.shape[-1]))
    codes = layers.AveragePool2D(pool, [grid])(codes)
    if node.shape == pool.shape:
        return codes
    flat = replace(node, kind="RESHAPE", name=f"{node.name}.flat")
    return layers.Reshape(flat, [grid])(codes)


def _checked(calibration: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """The calibration's inputs, if they are inputs of this shape."""
    examples = np.asarray(calibration)
    if None in shape:
        raise InputRejected(
            f"the model's input has the open shape {list(shape)}",
            "give it a fixed one: keras.Input((height, width, channels))",
        )
    if examples.shape[1:] != shape or not len(examples) or examples.dtype.kind not in "fiu":
        raise InputRejected(
            f"the calibration is {examples.dtype} {list(examples.shape)}",
            f"give numbers of shape [examples, {', '.join(map(str, shape))}]",
        )
    return examples.astype(np.float32)


def to_network(quantized: Any) -> Network:
    """The numbers of a model of `quantize`, as they are now."""
    numbers: dict[int, int] = {}
    activations: list[Activation] = []
    found: list[Layer] = []
    for layer in _coded(quantized):
        numbers[id(layer.output)] = len(activations)
        activations.append(_activation(layer))
        if isinstance(layer, Operator):
            inputs = tuple(numbers[id(tensor)] for tensor in tf.nest.flatten(layer.input))
            found.append(_operator(layer, inputs, len(activations) - 1))
    return Network(quantized.name, tuple(activations), tuple(found), 0, len(activations) - 1)


def layer_codes(
    quantized: Any, features: npt.NDArray[np.float32]
) -> dict[str, npt.NDArray[np.int8]]:
    """The int8 codes [n, *shape] of every activation, by its name in the Network."""
    coded = _coded(quantized)
    inner = keras.Model(quantized.inputs[0], [layer.output for layer in coded])
    signature = [tf.TensorSpec((None, *quantized.input_shape[1:]), tf.float32)]

    def codes(x: Any) -> list[Any]:
        outputs = tf.nest.flatten(inner(x, training=False))
        offsets = [layer.target.zero_point.value for layer in coded]
        return [tf.cast(y + z, tf.int8) for y, z in zip(outputs, offsets, strict=True)]

    run = tf.function(codes, signature)
    size = examples_at_once([layer.output for layer in coded], BATCH)
    batches = [run(features[start : start + size]) for start in range(0, len(features), size)]
    return {
        _activation(layer).name: np.concatenate([batch[i].numpy() for batch in batches])
        for i, layer in enumerate(coded)
    }


def _coded(quantized: Any) -> list[CodingLayer]:
    """The layers that write codes, the input's first."""
    return [layer for layer in quantized.layers if isinstance(layer, CodingLayer)]


def _activation(layer: CodingLayer) -> Activation:
    grid = layer.target
    return Activation(
        layer.name if isinstance(layer, Operator) else layer.input.name,
        (1, *layer.output.shape[1:]),
        float(grid.scale),
        int(grid.zero_point.value),
        grid.low,
        grid.high,
    )


def _operator(layer: Operator, inputs: tuple[int, ...], output: int) -> Layer:
    node = layer.node
    return Layer(
        kind=node.kind,
        name=node.name,
        inputs=inputs,
        output=output,
        weights=_weights(layer) if isinstance(layer, Weighted) else None,
        activation=node.activation,
        padding=node.padding,
        stride=node.stride,
        dilation=node.dilation,
        window=node.window,
        pads=node.pads,
        axes=(1, 2) if node.kind == "MEAN" else (),
    )


def _weights(layer: Weighted) -> Weights:
    """In TFLite's layouts."""
    constants = layer.constants()
    axes = {"CONV_2D": (3, 0, 1, 2), "DEPTHWISE_CONV_2D": (2, 0, 1, 3), "FULLY_CONNECTED": (1, 0)}
    return Weights(
        np.transpose(constants.kernel.numpy(), axes[layer.node.kind]).astype(np.int8),
        layer.bits,
        constants.scales.numpy().reshape(-1),
        constants.bias.numpy().astype(np.int32),
    )
