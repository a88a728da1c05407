"""What 4 bits do to weights and activations, in single precision and with gradients.

Eight bits cost no accuracy that could be measured (docs/training.md), so they change nothing here.
Gradients pass straight through the rounding.
"""

from __future__ import annotations

from typing import Any

from mcugen.train.tensorflow import tf

LARGEST_CODE = 7.0
"""Of signed codes; unsigned ones go to twice that, and one further."""

DEVIATIONS = 3.0
"""So many standard deviations of a normalised channel make its range."""

LEAST_RANGE = 1e-6


def four_bit_weights(kernel: Any, share: Any) -> Any:
    """A kernel [..., out], a `share` of it rounded to 15 codes a channel."""
    largest = tf.reduce_max(tf.abs(kernel), axis=list(range(len(kernel.shape) - 1)))
    step = tf.maximum(largest, LEAST_RANGE) / LARGEST_CODE
    return _mixed(kernel, tf.round(kernel / step) * step, share)


def four_bit_activations(x: Any, gamma: Any, beta: Any, activation: str, share: Any) -> Any:
    """A map [..., channels], a `share` of it rounded to 16 codes (15 where it has both signs).

    `gamma` and `beta` [channels] are of the batch normalisation before the activation, and give the
    range: no channel is far beyond a few of its deviations.
    """
    spread = DEVIATIONS * tf.abs(gamma)
    if activation == "none":
        limit = tf.reduce_max(tf.abs(beta) + spread)
        lowest, codes = -limit, LARGEST_CODE
    else:
        limit = tf.reduce_max(beta + spread)
        limit = tf.minimum(limit, 6.0) if activation == "relu6" else limit
        lowest, codes = tf.zeros(()), 2 * LARGEST_CODE + 1
    limit = tf.maximum(tf.stop_gradient(limit), LEAST_RANGE)
    step = tf.cast(limit / codes, x.dtype)
    clipped = tf.clip_by_value(x, tf.cast(lowest, x.dtype), tf.cast(limit, x.dtype))
    return _mixed(x, tf.round(clipped / step) * step, share)


def _mixed(x: Any, rounded: Any, share: Any) -> Any:
    return x + tf.cast(share, x.dtype) * tf.stop_gradient(rounded - x)
