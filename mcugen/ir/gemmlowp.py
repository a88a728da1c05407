"""gemmlowp's fixed-point functions, out of which TFLite's reference kernels are made.

A number with i integer bits is an int32 `raw` that stands for raw / 2^(31 - i); "Q0" has none and
covers [-1, 1). Arrays hold int32 values in int64. The algorithms (polynomials, barrel shifter of
exponentials, Newton-Raphson division) are those of gemmlowp's fixedpoint.h.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import rounding_divide_by_pot, saturating_doubling_high_mul

Raw = npt.NDArray[np.int64]

ONE_Q0 = (1 << 31) - 1
"""The largest Q0 number, which stands for one."""

_ONE_Q2 = 1 << 29


def _raw(real: float, integer_bits: int = 0) -> int:
    return round(real * (1 << (31 - integer_bits)))


_EXP_MINUS_EIGHTH = _raw(math.exp(-0.125))
_THIRD = _raw(1 / 3)
_EXP_OF_POWERS = tuple((e, _raw(math.exp(-(2.0**e)))) for e in range(-2, 5))
"""(e, exp(-2^e) in Q0)."""


def shift_left_saturating(x: Raw, bits: int) -> Raw:
    """x * 2^bits, limited to int32."""
    limited: Raw = np.clip(x << bits, -(1 << 31), (1 << 31) - 1)
    return limited


def exp_on_negative_values(x: Raw, integer_bits: int) -> Raw:
    """exp(x) in Q0 for x <= 0 with `integer_bits` (at most 5).

    x is split into a remainder in [-1/4, 0), for a polynomial, and quarters, bit by bit.
    """
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    remainder = (x & (quarter - 1)) - quarter
    result = _exp_between_minus_quarter_and_zero(shift_left_saturating(remainder, integer_bits))
    quarters = remainder - x
    for exponent, factor in _EXP_OF_POWERS:
        if exponent < integer_bits:
            chosen = (quarters & (1 << (fraction_bits + exponent))) != 0
            result = np.where(chosen, saturating_doubling_high_mul(result, factor), result)
    return np.where(x == 0, ONE_Q0, result)


def _exp_between_minus_quarter_and_zero(x: Raw) -> Raw:
    """exp of Q0 numbers by its Taylor polynomial around -1/8."""
    x = x + (1 << 28)
    x2 = saturating_doubling_high_mul(x, x)
    x3 = saturating_doubling_high_mul(x2, x)
    quarter_x4 = rounding_divide_by_pot(saturating_doubling_high_mul(x2, x2), 2)
    tail = saturating_doubling_high_mul(quarter_x4 + x3, _THIRD) + x2
    series = x + rounding_divide_by_pot(tail, 1)
    constant = np.full_like(x, _EXP_MINUS_EIGHTH)
    return constant + saturating_doubling_high_mul(constant, series)


def _two_over_one_plus_x(x: Raw) -> Raw:
    """2 / (1 + x) with two integer bits, for x in [0, 1] in Q0: three Newton-Raphson steps."""
    half_denominator = (x + ONE_Q0 + 1) >> 1
    result = saturating_doubling_high_mul(half_denominator, _raw(-32 / 17, 2)) + _raw(48 / 17, 2)
    for _ in range(3):
        error = _ONE_Q2 - saturating_doubling_high_mul(half_denominator, result)
        result = result + shift_left_saturating(saturating_doubling_high_mul(result, error), 2)
    return result


def one_over_one_plus_x(x: Raw) -> Raw:
    """1 / (1 + x) in Q0, for x in [0, 1] in Q0."""
    return shift_left_saturating(_two_over_one_plus_x(x), 1)


def logistic(x: Raw, integer_bits: int) -> Raw:
    """1 / (1 + exp(-x)) in Q0."""
    positive = one_over_one_plus_x(exp_on_negative_values(-np.abs(x), integer_bits))
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, ONE_Q0 - positive))


def tanh(x: Raw, integer_bits: int) -> Raw:
    """tanh(x) in Q0, as (1 - e) / (1 + e) with e = exp(-2|x|)."""
    # The same raw number under one more integer bit is twice the number.
    e = exp_on_negative_values(-np.abs(x), integer_bits + 1)
    magnitude = shift_left_saturating(_two_over_one_plus_x(e) - _ONE_Q2, 2)
    return np.where(x == 0, 0, np.where(x < 0, -magnitude, magnitude))
