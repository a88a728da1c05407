"""TFLM's rounding on tensors of floats, held against the integers'."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tensorflow")

from mcugen.ir.fixed_point import quantize_multiplier, requantize
from mcugen.train.arithmetic import (
    mean_multiplier,
    multiplier,
    requantized,
    round_half_away,
    straight_through,
)
from mcugen.train.tensorflow import tf

pytestmark = pytest.mark.train

INT8 = (-128.0, 127.0)


@given(
    st.lists(st.floats(2.0**-24, 4.0), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None)
def test_requantized_is_tflms(reals: list[float], seed: int) -> None:
    """On multipliers of all sizes, sums around every tie among them."""
    rng = np.random.default_rng(seed)
    halves = np.arange(-260, 260)[:, None] / 2 / np.array(reals)
    sums = np.rint(halves) + rng.integers(-2, 3, halves.shape)
    sums = np.clip(sums, -(2**22), 2**22).astype(np.int64)
    exact = tf.constant(reals, tf.float64)
    found = requantized(tf.constant(sums, tf.float64), multiplier(exact, exact), *INT8)
    mantissas, shifts = np.array([quantize_multiplier(real) for real in reals]).T
    np.testing.assert_array_equal(found, np.clip(requantize(sums, mantissas, shifts), *INT8))


@pytest.mark.parametrize("real", [0.5, 0.25, 2.0**-7, 0.75 * 2.0**-4, 0.123, 1.0, 1.5])
def test_single_precision_keeps_ties(real: float) -> None:
    """Short sums are exact in training, too."""
    sums = np.arange(-2000, 2000)
    by = multiplier(tf.constant(real), tf.constant(real, tf.float64))
    found = requantized(tf.constant(sums, tf.float32), by, -np.inf, np.inf)
    np.testing.assert_array_equal(found, requantize(sums, *quantize_multiplier(real)))


@pytest.mark.parametrize("count", [1, 4, 16, 125, 250, 4096])
@pytest.mark.parametrize("real", [0.11, 0.5, 1.7])
def test_means_multiplier(count: int, real: float) -> None:
    """What TFLM makes of the scales and the number of positions, all in integers."""
    mantissa, shift = quantize_multiplier(real)
    bits = count.bit_length() - 1
    by = mean_multiplier(tf.constant(real), tf.constant(real, tf.float64), count)
    sums = np.random.default_rng(0).integers(0, 256 * count, 1000)
    found = requantized(tf.constant(sums, tf.float64), by, -np.inf, np.inf)
    expected = requantize(sums, (mantissa << bits) // count, shift - bits)
    np.testing.assert_array_equal(found, expected)
    assert math.isclose(by.real, real / count, rel_tol=1e-6)


def test_gradients_are_those_of_the_product_where_nothing_is_clamped() -> None:
    x = tf.Variable([[10.0, 4000.0], [-20.0, -3.0]])
    real = tf.Variable([0.5, 0.25])
    with tf.GradientTape() as tape:
        by = multiplier(real, tf.cast(real, tf.float64))
        codes = requantized(x, by, *INT8)
        loss = tf.reduce_sum(codes * [[1.0, 1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(codes, [[5.0, 127.0], [-10.0, -1.0]])
    to_x, to_real = tape.gradient(loss, [x, real])
    np.testing.assert_allclose(to_x, [[0.5, 0.0], [1.0, 0.75]])
    np.testing.assert_allclose(to_real, [10.0 - 40.0, -9.0])


def test_ties_go_away_from_zero() -> None:
    x = tf.constant([-2.5, -0.5, -0.4, 0.0, 0.5, 1.5, 2.4])
    np.testing.assert_array_equal(round_half_away(x), [-3, -1, 0, 0, 1, 2, 2])


def test_straight_through() -> None:
    x = tf.Variable([0.3, 0.7])
    with tf.GradientTape() as tape:
        y = straight_through(2.0 * x, tf.constant([7.0, 8.0]))
    np.testing.assert_array_equal(y, [7.0, 8.0])
    np.testing.assert_array_equal(tape.gradient(y, x), [2.0, 2.0])
