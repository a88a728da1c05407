"""Writes a quantized network as a .tflite file. Needs no TensorFlow.

No runtime takes 4-bit activations, so they ride in int8 tensors that a fused activation holds to 16
codes: RELU6 with a scale of 6/15, RELU_N1_TO_1 with one of 1/7. For layers with weights a scale is
but a label, since nothing counts there but input scale * weight scale / output scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.ir.fixed_point import ACTIVATIONS, activation_range, float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.elementwise import Add
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.pad import Pad
from mcugen.ir.ops.pool import AveragePool2D, MaxPool2D
from mcugen.ir.ops.reduce import Mean
from mcugen.ir.ops.reshape import Reshape
from mcugen.ir.ops.softmax import Softmax
from mcugen.ir.support import check_supported
from mcugen.tflite.metadata import pack
from mcugen.tflite.writer import write_model
from mcugen.train.network import Activation, Kind, Layer, Network
from mcugen.version import VERSION

OPERATORS: dict[Kind, type[Attributes]] = {
    "CONV_2D": Conv2D,
    "DEPTHWISE_CONV_2D": DepthwiseConv2D,
    "FULLY_CONNECTED": FullyConnected,
    "ADD": Add,
    "PAD": Pad,
    "AVERAGE_POOL_2D": AveragePool2D,
    "MAX_POOL_2D": MaxPool2D,
    "MEAN": Mean,
    "RESHAPE": Reshape,
    "SOFTMAX": Softmax,
}

FUSING = frozenset(
    ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "AVERAGE_POOL_2D", "MAX_POOL_2D")
)
"""Operators that have a fused activation."""

PROBABILITIES = Quantization((1.0 / 256.0,), (-128,))
"""What TFLite demands of SOFTMAX's output."""


def export_model(
    network: Network, *, softmax: bool, metadata: Mapping[str, Any] | None = None
) -> bytes:
    """The network as a .tflite file: the same network, the same bytes.

    `metadata` are JSON-able facts that the file carries beside mcugen's version, for example the
    training report's hash. Errors are those of `export_graph`.
    """
    return write_model(export_graph(network, softmax=softmax), metadata=pack(metadata or {}))


def export_graph(network: Network, *, softmax: bool) -> Graph:
    """The network as the graph that its file holds; `softmax` appends a SOFTMAX.

    Tensors keep the indices of `network.activations`; constants come after them. Raises McugenError
    where activations cannot be held to their codes, InputRejected where the graph would not be
    supported.
    """
    graph = _Graph(network)
    for layer in network.layers:
        graph.add(layer)
    output = graph.add_softmax(network.output) if softmax else network.output
    result = Graph(
        name=network.name,
        tensors=tuple(graph.tensors),
        operators=tuple(graph.operators),
        inputs=(network.input,),
        outputs=(output,),
        description=f"mcugen {VERSION}",
    )
    check_supported(result)
    return result


def fused_activation(layer: Layer, output: Activation) -> str:
    """The activation that holds `output` to its codes: the layer's own if it does, or another.

    Raises McugenError if none does.
    """
    quantization = Quantization((output.scale,), (output.zero_point,))
    for activation in (layer.activation, *ACTIVATIONS):
        if activation_range(activation, quantization, DType.INT8) == (output.low, output.high):
            return activation
    raise McugenError(
        f"no fused activation holds '{output.name}' to the codes {output.low} … {output.high}",
        f"its scale is {output.scale:g}, its zero point {output.zero_point}: RELU6 and "
        "RELU_N1_TO_1 clamp at 0 and 6, -1 and 1",
    )


@dataclass
class _Graph:
    """A graph under construction."""

    network: Network
    tensors: list[Tensor] = field(init=False)
    operators: list[Operator] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tensors = [
            Tensor(a.name, a.shape, DType.INT8, Quantization((a.scale,), (a.zero_point,)))
            for a in self.network.activations
        ]

    def add(self, layer: Layer) -> None:
        inputs = (*layer.inputs, *self.constants(layer))
        self.operator(layer.kind, self.options(layer), inputs, layer.output)

    def add_softmax(self, logits: int) -> int:
        tensor = self.tensors[logits]
        output = self.append(Tensor("softmax", tensor.shape, DType.INT8, PROBABILITIES))
        self.operator("SOFTMAX", {"beta": 1.0}, (logits,), output)
        return output

    def operator(
        self, kind: Kind, options: Mapping[str, Any], inputs: tuple[int, ...], output: int
    ) -> None:
        operands = tuple(self.tensors[t] for t in inputs)
        attributes = OPERATORS[kind].from_options(options, operands, (self.tensors[output],))
        self.operators.append(Operator(attributes, inputs, (output,), len(self.operators)))

    def options(self, layer: Layer) -> dict[str, Any]:
        """Option fields as a file would have them; each operator takes those that it knows."""
        output = self.network.activations[layer.output]
        activation = fused_activation(layer, output) if layer.kind in FUSING else None
        return {
            "padding": layer.padding,
            "stride_h": layer.stride[0],
            "stride_w": layer.stride[1],
            "dilation_h_factor": layer.dilation[0],
            "dilation_w_factor": layer.dilation[1],
            "filter_height": layer.window[0],
            "filter_width": layer.window[1],
            "depth_multiplier": output.shape[-1] // self.tensors[layer.inputs[0]].shape[-1],
            "fused_activation_function": activation,
            "keep_num_dims": len(output.shape) != 2,
            "weights_format": "DEFAULT",
            "keep_dims": len(output.shape) == len(self.tensors[layer.inputs[0]].shape),
            "beta": 1.0,
        }

    def constants(self, layer: Layer) -> tuple[int, ...]:
        """The layer's constant inputs, in TFLite's order."""
        if layer.weights is not None:
            return self.weights(layer), self.bias(layer)
        if layer.kind == "PAD":
            return (self.integers(f"{layer.name}/paddings", layer.pads),)
        if layer.kind == "MEAN":
            return (self.integers(f"{layer.name}/axes", layer.axes),)
        return ()

    def weights(self, layer: Layer) -> int:
        assert layer.weights is not None
        codes = layer.weights.codes
        dtype = DType.INT4 if layer.weights.bits == 4 else DType.INT8
        scales = tuple(layer.weights.scales.tolist())
        axis = 3 if layer.kind == "DEPTHWISE_CONV_2D" and len(scales) > 1 else 0
        quantization = Quantization(scales, (0,) * len(scales), axis)
        return self.constant(f"{layer.name}/weights", codes, dtype, quantization)

    def bias(self, layer: Layer) -> int:
        assert layer.weights is not None
        quantization = None
        if len(layer.weights.scales) == 1:
            # TFLM checks this one; scales that it does not ask for would be a third of a file.
            step = self.tensors[layer.inputs[0]].q.scale * float(layer.weights.scales[0])
            quantization = Quantization((float32(step),), (0,))
        return self.constant(f"{layer.name}/bias", layer.weights.bias, DType.INT32, quantization)

    def integers(self, name: str, values: Any) -> int:
        return self.constant(name, np.array(values, np.int32), DType.INT32, None)

    def constant(
        self, name: str, data: npt.NDArray[Any], dtype: DType, quantization: Quantization | None
    ) -> int:
        data = data.view()
        data.flags.writeable = False
        return self.append(Tensor(name, data.shape, dtype, quantization, data))

    def append(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1
