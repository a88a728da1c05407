"""What code takes in flash beside a model's constants: an estimate.

Measured on 70 random networks of the built-in spaces, built with -O2 for qemu_m3, qemu_m4 and
qemu_m55, and fitted with least squares: within 450 bytes where all activations have 8 bits and all
weights the same; within 4 KB where activations have 4 or bits are mixed, as which kernels are
linked then depends on the weights. Ports of real boards take some hundred bytes more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.isa import Isa
from mcugen.train.spec import Bits


@dataclass(frozen=True)
class CodeSize:
    """`runtime_bytes` are start-up code and the firmware around the model; `layer_bytes` those of a
    kernel's call and its parameters. Kernels of each kind of layer that is there come once."""

    runtime_bytes: float
    layer_bytes: float
    wide_bytes: float
    narrow_weights_bytes: float
    narrow_activations_bytes: float

    def kernels_bytes(self, bits: Bits) -> float:
        """Of the kernels for layers of these bits."""
        if bits.activations == 4:
            return self.narrow_activations_bytes
        return self.narrow_weights_bytes if bits.weights == 4 else self.wide_bytes


CODE_SIZES: Mapping[Isa, CodeSize] = {
    Isa.PORTABLE: CodeSize(6_650, 75, 0, 560, 5_000),
    Isa.DSP: CodeSize(8_000, 100, 1_000, 1_900, 5_000),
    Isa.MVE: CodeSize(7_990, 80, 260, 690, 2_400),
}
