"""A street on which nothing is built: layers take what these rates say."""

from __future__ import annotations

from mcugen.architecture import Architecture
from mcugen.errors import McugenError
from mcugen.search.latency import EIGHT_BITS, Rate, group_of
from mcugen.search.measured import OTHER, MeasuredLayer, MeasuredNetwork

RATES = {
    "convolution": Rate(1.5, 20.0, 900.0),
    "depthwise": Rate(4.0, 11.0, 500.0),
    "pointwise": Rate(0.9, 7.0, 400.0),
    "average_pool": Rate(0.0, 30.0, 300.0),
}


class Stub:
    """Measures by computing. Networks whose numbers are in `broken` fail."""

    def __init__(self, *broken: int) -> None:
        self.broken = broken
        self.numbers: list[int] = []

    def measure(self, number: int, architecture: Architecture) -> MeasuredNetwork:
        self.numbers.append(number)
        if number in self.broken:
            raise McugenError(f"\x1b[31mnetwork {number} broke", "look at it")
        layers = []
        for layer in architecture.layers:
            group = group_of(layer, EIGHT_BITS) or OTHER
            rate = RATES.get(group, Rate())
            taken = rate.macs * layer.macs + rate.outputs * layer.elements + rate.layers
            layers.append(
                MeasuredLayer(
                    layer.name, layer.kind, group, "stub", layer.macs, layer.elements, round(taken)
                )
            )
        ops = 2 * architecture.macs
        total = sum(layer.taken for layer in layers)
        return MeasuredNetwork(number, ops, ops, architecture.params, total, tuple(layers))
