"""Graphs of architectures with random constants, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcugen.architecture import INPUT, Architecture, Layer
from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import Graph
from mcugen.train import network
from mcugen.train.export import export_graph
from mcugen.train.network import Activation, Network, Weights
from mcugen.train.spec import Bits

EIGHT_BITS = Bits(8, 8)
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def random_graph(architecture: Architecture, bits: Bits = EIGHT_BITS, seed: int = 0) -> Graph:
    """The graph of an exported file; `bits` are those of layers that say nothing."""
    return export_graph(random_network(architecture, bits, seed), softmax=False)


def random_network(architecture: Architecture, bits: Bits = EIGHT_BITS, seed: int = 0) -> Network:
    """A quantized network whose layers use most of the codes that they may."""
    builder = _Builder(bits, np.random.default_rng(seed))
    shape = (1, *architecture.input)
    builder.activations.append(Activation(INPUT, shape, float32(0.05), -3))
    layers = [layer for layer in architecture.layers if layer.kind != "SOFTMAX"]
    narrow = _narrow(layers, bits)
    for layer in layers:
        builder.add(layer, layer.name in narrow)
    last = len(builder.activations) - 1
    return Network(architecture.name, tuple(builder.activations), tuple(builder.layers), 0, last)


def _narrow(layers: list[Layer], bits: Bits) -> set[str]:
    """Names of the layers that write 4-bit codes, by the rules of quantization-aware training."""
    kept = {layers[-1].name}
    found = set()
    for layer in reversed(layers):
        if layer.kind == "ADD" or (layer.name in kept and layer.kind not in WEIGHTED):
            kept |= {layer.name, *layer.inputs}
        if layer.name not in kept and (layer.activation_bits or bits.activations) == 4:
            found |= {layer.name} & {x.name for x in layers if x.kind in WEIGHTED}
    return found


@dataclass
class _Builder:
    bits: Bits
    rng: np.random.Generator
    activations: list[Activation] = field(default_factory=list)
    layers: list[network.Layer] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=lambda: {INPUT: 0})

    def add(self, layer: Layer, narrow: bool) -> None:
        inputs = tuple(self.numbers[name] for name in layer.inputs)
        source = self.activations[inputs[0]]
        output = len(self.activations)
        self.numbers[layer.name] = output
        whole = layer.kind == "AVERAGE_POOL_2D" and layer.kernel == source.shape[1:3]
        is_mean = whole and source.high - source.low < 16
        if layer.kind in (*WEIGHTED, "ADD") or is_mean:
            self.activations.append(self._activation(layer, narrow))
        else:
            kept = {"scale": source.scale, "zero_point": source.zero_point}
            shape = (1, *layer.shape)
            self.activations.append(
                Activation(layer.name, shape, low=source.low, high=source.high, **kept)  # type: ignore[arg-type]
            )
        missing = layer.shape[-1] - source.shape[-1]
        self.layers.append(
            network.Layer(
                kind="MEAN" if is_mean else layer.kind,
                name=layer.name,
                inputs=inputs,
                output=output,
                weights=self._weights(layer, source) if layer.kind in WEIGHTED else None,
                activation=layer.activation.upper() if layer.activation != "none" else "NONE",  # type: ignore[arg-type]
                stride=layer.kernel if layer.kind == "AVERAGE_POOL_2D" else layer.stride,
                window=layer.kernel,
                pads=((0, 0), (0, 0), (0, 0), (0, missing)) if layer.kind == "PAD" else (),
                axes=(1, 2) if is_mean else (),
            )
        )

    def _activation(self, layer: Layer, narrow: bool) -> Activation:
        shape, clamped = (1, *layer.shape), layer.activation != "none"
        if narrow and clamped:
            return Activation(layer.name, shape, float32(6.0 / 15.0), -128, -128, -113)
        if narrow:
            return Activation(layer.name, shape, float32(1.0 / 7.0), 0, -7, 7)
        zero_point = -128 if clamped else int(self.rng.integers(-20, 20))
        return Activation(layer.name, shape, float32(5.9 / 255), zero_point)

    def _weights(self, layer: Layer, source: Activation) -> Weights:
        output = self.activations[-1]
        bits = layer.weight_bits or self.bits.weights
        most = 7 if bits == 4 else 127
        shapes = {
            "CONV_2D": (layer.shape[-1], *layer.kernel, source.shape[-1]),
            "DEPTHWISE_CONV_2D": (1, *layer.kernel, layer.shape[-1]),
            "FULLY_CONNECTED": (layer.shape[-1], source.shape[-1]),
        }
        normal = self.rng.normal(0, most / 3, shapes[layer.kind])
        codes = np.clip(np.rint(normal), -most, most).astype(np.int8)
        depth = layer.weights // layer.shape[-1]
        spread = most / 3 * np.sqrt(depth) * (source.high - source.low) / 4
        channels = 1 if layer.kind == "FULLY_CONNECTED" and bits == 4 else layer.shape[-1]
        varied = self.rng.uniform(0.7, 1.4, channels)
        real = varied * (output.high - output.low) / 3 / spread
        scales = (real * output.scale / source.scale).astype(np.float32)
        bias = self.rng.normal(0, spread, layer.shape[-1]).astype(np.int32)
        return Weights(codes, 4 if bits == 4 else 8, scales, bias)
