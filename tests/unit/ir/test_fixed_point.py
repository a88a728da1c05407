"""TFLite's integer arithmetic against its definition in integers without bounds."""

from __future__ import annotations

import math
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from mcugen.ir.fixed_point import (
    ACTIVATIONS,
    activation_range,
    float32,
    quantize_multiplier,
    requantize,
    round_half_away,
    rounding_divide_by_pot,
    saturating_doubling_high_mul,
)
from mcugen.ir.graph import DType, Quantization

LOW, HIGH = -(1 << 31), (1 << 31) - 1
words = st.integers(LOW, HIGH) | st.sampled_from([LOW, LOW + 1, -1, 0, 1, HIGH, 1 << 30])


def truncated(numerator: int, denominator: int) -> int:
    """C's integer division."""
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def high_mul(a: int, b: int) -> int:
    """SQRDMULH as gemmlowp states it."""
    if a == b == LOW:
        return HIGH
    product = a * b
    nudge = 1 << 30 if product >= 0 else 1 - (1 << 30)
    return truncated(product + nudge, 1 << 31)


def divide_by_pot(x: int, exponent: int) -> int:
    """x / 2^exponent to nearest, ties away from zero."""
    exact = Fraction(x, 1 << exponent)
    nearest = int(abs(exact) + Fraction(1, 2))
    return nearest if x >= 0 else -nearest


def wrapped(x: int) -> int:
    return (x + (1 << 31)) % (1 << 32) - (1 << 31)


def as_array(x: int) -> np.ndarray:
    return np.array([x], np.int64)


@given(words, words)
@example(LOW, LOW)
@example(1, 1 << 30)
@example(-1, 1 << 30)
def test_high_mul(a: int, b: int) -> None:
    assert saturating_doubling_high_mul(as_array(a), b).tolist() == [high_mul(a, b)]


def test_high_mul_ties_go_up() -> None:
    assert saturating_doubling_high_mul(np.array([-3, -1, 1, 3]), 1 << 30).tolist() == [-1, 0, 1, 2]


@given(words, st.integers(0, 31))
@example(LOW, 31)
@example(HIGH, 31)
def test_divide_by_pot(x: int, exponent: int) -> None:
    assert rounding_divide_by_pot(as_array(x), exponent).tolist() == [divide_by_pot(x, exponent)]


@given(words, st.integers(1 << 30, HIGH), st.integers(-31, 30))
def test_requantize(x: int, multiplier: int, shift: int) -> None:
    expected = divide_by_pot(high_mul(wrapped(x << max(shift, 0)), multiplier), max(-shift, 0))
    assert requantize(as_array(x), multiplier, shift).tolist() == [expected]


def test_requantize_per_channel() -> None:
    x = np.array([[100, -100, 7], [1, 2, 3]], np.int64)
    multipliers, shifts = np.array([1 << 30, HIGH, 1 << 30]), np.array([0, -1, 2])
    expected = [
        [
            divide_by_pot(high_mul(v << max(int(s), 0), int(m)), max(-int(s), 0))
            for v, m, s in zip(row, multipliers, shifts, strict=True)
        ]
        for row in x.tolist()
    ]
    assert requantize(x, multipliers, shifts).tolist() == expected


@given(st.floats(2.0**-31, 2.0**29))
@example(1.0)
@example(0.5)
@example(math.nextafter(1.0, 0.0))
def test_quantize_multiplier(real: float) -> None:
    mantissa, shift = quantize_multiplier(real)
    assert 1 << 30 <= mantissa <= HIGH
    found = Fraction(mantissa) / (1 << 31) * Fraction(2) ** shift
    assert abs(found - Fraction(real)) <= Fraction(2) ** (shift - 32)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (2.0**-33, (0, 0)),
        (2.0**-32, (1 << 30, -31)),
        (5e-324, (0, 0)),
        (2.0**29, (1 << 30, 30)),
        (2.0**30, (HIGH, 30)),
        (1e30, (HIGH, 30)),
        (math.nextafter(0.5, 0.0), (1 << 30, 0)),
        (-0.25, (-(1 << 30), -1)),
    ],
)
def test_quantize_multiplier_limits(real: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(real) == expected


@given(st.floats(-(2.0**60), 2.0**60))
@example(0.49999999999999994)
@example(-0.49999999999999994)
@example(4503599627370497.5)
@example(-2.5)
def test_round_half_away(value: float) -> None:
    nearest = int(abs(Fraction(value)) + Fraction(1, 2))
    assert round_half_away(value) == (nearest if value >= 0 else -nearest)


def test_float32() -> None:
    assert float32(0.1) == 0.10000000149011612


@pytest.mark.parametrize(
    ("activation", "dtype", "scale", "zero_point", "expected"),
    [
        ("NONE", DType.INT8, 0.1, 5, (-128, 127)),
        ("NONE", DType.UINT8, 0.1, 5, (0, 255)),
        ("RELU", DType.INT8, 0.1, -128, (-128, 127)),
        ("RELU", DType.INT8, 0.1, 5, (5, 127)),
        ("RELU6", DType.INT8, 0.1, 0, (0, 60)),
        ("RELU6", DType.INT8, 0.01, 0, (0, 127)),
        ("RELU6", DType.UINT8, 6 / 255, 0, (0, 255)),
        ("RELU6", DType.INT8, 4.0, 0, (0, 2)),  # 1.5 rounds away from zero
        ("RELU6", DType.INT8, 1e-30, 0, (0, 127)),
        ("RELU_N1_TO_1", DType.INT8, 0.4, 1, (-2, 4)),
        ("RELU_N1_TO_1", DType.INT8, 1e15, 0, (0, 0)),
    ],
)
def test_activation_range(
    activation: str, dtype: DType, scale: float, zero_point: int, expected: tuple[int, int]
) -> None:
    assert activation in ACTIVATIONS
    assert activation_range(activation, Quantization((scale,), (zero_point,)), dtype) == expected
