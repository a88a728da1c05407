"""Constants that every kernel with weights takes: bias, multipliers, output range."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import Operands
from mcugen.ir.ops.weighted import bias_values, channel_multipliers, weight_sums
from mcugen.runtimes.aot.program import Constant, Field, int32


def output_range(x: Operands) -> dict[str, Field]:
    """The codes that the fused activation allows."""
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    return {"activation_min": low, "activation_max": high}


def weight_constants(x: Operands, fold_zero_point: bool) -> dict[str, Field]:
    """Weights in the file's order (int4 as int8), with an entry a channel for all the rest.

    With `fold_zero_point`, the bias is less by input zero point * sum of the channel's weights, so
    that the kernel multiplies plain input codes.
    """
    weights = x.input(1).data
    assert weights is not None
    bias = bias_values(x)
    if fold_zero_point:
        bias = bias - x.input().q.zero_point * weight_sums(x)[0]
    multipliers, shifts = channel_multipliers(x)
    return {
        "weights": Constant(weights, f"weights {list(weights.shape)}"),
        "bias": Constant(int32(bias), "bias, zero point folded in" if fold_zero_point else "bias"),
        "multiplier": Constant(int32(multipliers), "output multipliers, Q31"),
        "shift": Constant(shifts.astype(np.int8), "output shifts"),
    }


MAX_RIGHT_SHIFT = 22
"""Up to here rounding and zero point, shifted left, stay clear of int32's ends."""


def right_shifts(x: Operands) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Multipliers and right shifts; negative ones go left."""
    multipliers, shifts = channel_multipliers(x)
    return multipliers, -shifts
