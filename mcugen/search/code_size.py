"""What code takes in flash beside a model's constants: an estimate."""

from __future__ import annotations

from collections.abc import Mapping

from mcugen.isa import Isa

RUNTIME_BYTES: Mapping[Isa, float] = {Isa.PORTABLE: 0, Isa.DSP: 0, Isa.MVE: 0}

LAYER_BYTES: Mapping[str, float] = {}
