"""Instruction sets that kernels are written for: what decides packing and the choice of kernel."""

from __future__ import annotations

import enum


class Isa(enum.Enum):
    """What a core offers to integer kernels; the value is the name that users read."""

    PORTABLE = "portable"
    """Plain C: Cortex-M0, M0+, M3 and whatever is not an Arm core."""
    DSP = "dsp"
    """Two 16-bit multiply-accumulates an instruction: Cortex-M4, M7, M33 with the extension."""
    MVE = "mve"
    """Helium, 128-bit vectors: Cortex-M55, M85."""


ANY = frozenset(Isa)
