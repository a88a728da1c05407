"""TFLM's integer arithmetic on tensors of floats that hold whole numbers, with gradients.

The same as `mcugen.ir.fixed_point` does on integers: in double precision every product and sum that
occurs is exact, and so is the result. In single precision, for training, sums can be rounded the
other way where they are all but ties: in a network with additions, one code in 30 000 differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcugen.train.tensorflow import tf

Tensor = Any
"""A TensorFlow tensor; TensorFlow has no types that mypy could read."""


@dataclass(frozen=True)
class Multiplier:
    """Real multipliers as TFLite has them: `real` ≈ `fraction` * 2^`exponent`.

    `fraction` has 31 bits; all are scalars or have one element a channel. `real` is single
    precision and what gradients flow through; the others are double precision.
    """

    real: Tensor
    fraction: Tensor
    exponent: Tensor


def multiplier(real: Tensor, exact: Tensor) -> Multiplier:
    """The multipliers that TFLite makes of the positive, double-precision `exact`."""
    exact = tf.stop_gradient(exact)
    exponent = tf.bitwise.right_shift(tf.bitcast(exact, tf.int64), tf.constant(52, tf.int64)) - 1022
    exponent = tf.cast(exponent, tf.float64)
    mantissa = tf.floor(exact * _power_of_two(31 - exponent) + 0.5)
    return Multiplier(real, mantissa * 2.0**-31, exponent)


def mean_multiplier(real: Tensor, exact: Tensor, count: int) -> Multiplier:
    """MEAN's multiplier for sums of `count` codes; `real` and `exact` are those of one code."""
    scales = multiplier(real, exact)
    bits = count.bit_length() - 1
    mantissa = tf.floor(scales.fraction * 2.0 ** (31 + bits) / count)
    return Multiplier(real / count, mantissa * 2.0**-31, scales.exponent - bits)


def requantized(x: Tensor, by: Multiplier, low: Tensor, high: Tensor) -> Tensor:
    """TFLite's MultiplyByQuantizedMultiplier, clamped: x * `by`, rounded twice, in low … high.

    `x` are whole numbers of single or double precision, [..., channels]. First x * fraction is
    rounded to a whole number; that, divided by 2^-exponent, is rounded again, ties away from zero.
    Gradients are those of the real product where it is not clamped, else none.
    """
    zero = tf.zeros_like(by.exponent)
    factor = tf.cast(by.fraction * _power_of_two(tf.maximum(by.exponent, zero)), x.dtype)
    # Ties lie a divisor apart. The excess pushes them, and nothing else, over to the outer side.
    excess = 2.0**-20 if x.dtype == tf.float32 else 2.0**-44
    divisor = tf.cast(_power_of_two(tf.minimum(by.exponent, zero)) * (1 + excess), x.dtype)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def rounded(x: Tensor, real: Tensor) -> Any:
        nearest = tf.round(tf.floor(x * factor + 0.5) * divisor)
        codes = tf.clip_by_value(nearest, tf.cast(low, x.dtype), tf.cast(high, x.dtype))

        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            passed = tf.where(nearest == codes, upstream, tf.zeros_like(upstream))
            to_real = passed * x
            axes = list(range(len(x.shape) - len(real.shape)))
            return passed * tf.cast(real, x.dtype), tf.cast(
                tf.reduce_sum(to_real, axis=axes), real.dtype
            )

        return codes, gradient

    return rounded(x, by.real)


def round_half_away(x: Tensor) -> Tensor:
    """The nearest whole numbers, ties away from zero; gradients pass as if nothing were rounded."""
    return straight_through(x, tf.sign(x) * tf.floor(tf.abs(x) + 0.5))


def straight_through(x: Tensor, value: Tensor) -> Tensor:
    """`value`, with the gradient of `x`."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def pass_on(x: Tensor) -> Any:
        return tf.stop_gradient(value), lambda upstream: upstream

    return pass_on(x)


def _power_of_two(exponent: Tensor) -> Tensor:
    """2^exponent for whole, double-precision exponents, exactly."""
    bits = tf.cast(exponent, tf.int64) + 1023
    return tf.bitcast(tf.bitwise.left_shift(bits, tf.constant(52, tf.int64)), tf.float64)
