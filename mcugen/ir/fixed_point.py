"""TFLite's integer arithmetic on scales: multipliers, shifts and activation ranges.

Facts: TensorFlow Lite's quantization specification and the behaviour of its reference kernels.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Quantization

ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")
"""Fused activations that quantized kernels know, by their schema names."""


def quantize_multiplier(real: float) -> tuple[int, int]:
    """A real multiplier as (Q31 mantissa, power of two): real ≈ mantissa / 2^31 * 2^shift.

    The mantissa lies in [2^30, 2^31); zero and vanishing multipliers give (0, 0).
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    mantissa = round_half_away(fraction * (1 << 31))
    if mantissa == 1 << 31:
        mantissa //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return (1 << 31) - 1, 30
    return mantissa, shift


def round_half_away(value: float) -> int:
    """C's round(): ties away from zero."""
    whole = math.trunc(value)
    # Adding 0.5 first would round 0.49999999999999994 up.
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return whole


def float32(value: float) -> float:
    """`value` rounded to single precision."""
    return float(np.float32(value))


def activation_range(activation: str, quantization: Quantization, dtype: DType) -> tuple[int, int]:
    """The output codes that a fused activation allows, (lowest, highest)."""
    info = np.iinfo(dtype.numpy)
    low, high = int(info.min), int(info.max)

    def code(real: float) -> int:
        scaled = np.float32(real) / np.float32(quantization.scale)
        return quantization.zero_point + round_half_away(float(scaled))

    if activation == "RELU":
        return max(low, code(0.0)), high
    if activation == "RELU6":
        return max(low, code(0.0)), min(high, code(6.0))
    if activation == "RELU_N1_TO_1":
        return max(low, code(-1.0)), min(high, code(1.0))
    return low, high


def saturating_doubling_high_mul(
    a: npt.NDArray[np.int64], b: npt.NDArray[np.int64] | int
) -> npt.NDArray[np.int64]:
    """round(a * b / 2^31), ties upwards, on int32 values held in int64.

    The one overflow, both being -2^31, saturates.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudge = np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    total = product + nudge
    quotient = np.where(total >= 0, total >> 31, -((-total) >> 31))
    return np.minimum(quotient, (1 << 31) - 1)


def rounding_divide_by_pot(
    x: npt.NDArray[np.int64], exponent: npt.NDArray[np.int64] | int
) -> npt.NDArray[np.int64]:
    """x / 2^exponent, rounded to nearest, ties away from zero."""
    x = np.asarray(x, np.int64)
    exponent = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + (remainder > threshold)


def requantize(
    x: npt.NDArray[np.int64],
    multiplier: npt.NDArray[np.int64] | int,
    shift: npt.NDArray[np.int64] | int,
) -> npt.NDArray[np.int64]:
    """TFLite's MultiplyByQuantizedMultiplier with its double rounding, element by element.

    `x` holds int32 accumulators; a left shift wraps as int32 does.
    """
    shift = np.asarray(shift, np.int64)
    left = np.maximum(shift, 0)
    right = np.maximum(-shift, 0)
    shifted = (np.asarray(x, np.int64) << left).astype(np.int32).astype(np.int64)
    return rounding_divide_by_pot(saturating_doubling_high_mul(shifted, multiplier), right)
