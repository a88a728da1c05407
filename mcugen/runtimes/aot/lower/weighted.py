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


def right_shifts(
    x: Operands, sum_limits: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Multipliers and right shifts of 1 to 22 for mcugen_requantize_doubled.

    `sum_limits` bounds the magnitude of each channel's sum. A channel whose output is its zero
    point whatever the sum (weights of all but zero) gets a multiplier of 0. Only for layers that
    `requantization_obstacle` accepts.
    """
    multipliers, shifts = channel_multipliers(x)
    silent = _is_silent(multipliers, -shifts, sum_limits)
    return np.where(silent, 0, multipliers), np.where(silent, 1, -shifts)


def requantization_obstacle(x: Operands, sum_limits: npt.NDArray[np.int64]) -> str | None:
    """Why mcugen_requantize_doubled cannot serve a layer whose sums stay within `sum_limits`."""
    multipliers, shifts = channel_multipliers(x)
    silent = _is_silent(multipliers, -shifts, sum_limits)
    for channel in np.flatnonzero(sum_limits >= 1 << 30):
        return f"the sum of channel {channel} may reach 2^30"
    for channel in np.flatnonzero(~silent & (shifts > -1)):
        return f"channel {channel} is not scaled down by 2 or more"
    for channel in np.flatnonzero(~silent & (shifts < -MAX_RIGHT_SHIFT)):
        return f"channel {channel} is scaled down by more than 2^{MAX_RIGHT_SHIFT}"
    return None


def _is_silent(
    multipliers: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    sum_limits: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Whether the scaled sum stays below half a code after either rounding."""
    scaled = ((sum_limits * multipliers) >> 31) + 1
    return (right > MAX_RIGHT_SHIFT) & (scaled < np.int64(1) << np.clip(right - 1, 0, 62))
