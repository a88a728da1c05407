"""The weights of a supernet, cut to those of one of its networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcugen.architecture import Layer
from mcugen.search.found_layers import weighted_layers
from mcugen.search.space import Selection, Space
from mcugen.train.checkpoint import Arrays


def inherited(model: Any, space: Space, selection: Selection) -> Arrays:
    """The supernet's weights for one network: `set_weights` takes them for its `float_model`."""
    architecture = space.architecture(selection)
    before = {layer.name: layer for layer in architecture.layers}
    weights: Arrays = {}
    for origin, layer in weighted_layers(space, selection):
        if layer is None:
            continue
        source = model.get_layer(origin.name)
        kernel = source.kernel.value.numpy()
        if layer.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            before_it = before.get(layer.inputs[0])
            shape = space.input if before_it is None else before_it.shape
            kernel = _smaller(kernel, layer, shape)
        channels = layer.shape[-1]
        if layer.kind == "DEPTHWISE_CONV_2D":
            weights[f"{layer.name}/kernel"] = np.swapaxes(kernel[..., :channels], 2, 3)
        elif layer.kind == "CONV_2D":
            depth = layer.weights // (math.prod(layer.kernel) * channels)
            weights[f"{layer.name}/kernel"] = kernel[:, :, :depth, :channels]
        else:
            flattened = before.get(layer.inputs[0])
            positions = 1
            if flattened is not None and flattened.kind == "RESHAPE":
                positions = _positions(before, flattened, space.input)
            rows = layer.weights // channels // positions
            kernel = kernel.reshape(positions, -1, kernel.shape[-1])[:, :rows, :channels]
            weights[f"{layer.name}/kernel"] = kernel.reshape(-1, channels)
        if layer.has_batch_norm:
            normalization = model.get_layer(f"{origin.name}.batch_norm")
            for variable in normalization.variables:
                name = variable.path.split("/")[-1]
                path = f"{layer.name}.batch_norm/{name}"
                weights[path] = variable.value.numpy()[:channels]
        else:
            weights[f"{layer.name}/bias"] = source.bias.value.numpy()[:channels]
    return weights


def _smaller(kernel: Any, layer: Layer, shape: Sequence[int]) -> Any:
    """The part of a kernel [h, w, ...] that the layer's own is: padding aligns them."""
    for axis, (size, stride) in enumerate(zip(layer.kernel, layer.stride, strict=True)):
        starts = [
            max((-(-shape[axis] // stride) - 1) * stride + k - shape[axis], 0) // 2
            for k in (kernel.shape[axis], size)
        ]
        first = starts[0] - starts[1]
        kernel = kernel.take(range(first, first + size), axis)
    return kernel


def _positions(layers: Mapping[str, Layer], flattened: Layer, shape: Sequence[int]) -> int:
    """Places of the map that a RESHAPE flattens."""
    source = layers.get(flattened.inputs[0])
    return math.prod((shape if source is None else source.shape)[:-1])
