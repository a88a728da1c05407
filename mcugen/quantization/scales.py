"""The scale and the four-bit codes that stand for a channel's weights with the least error."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LIMIT = 7
"""Codes are -7 … 7: symmetric, as TFLite demands of weights, so -8 is not used."""

SMALLEST_SCALE = float(np.finfo(np.float32).tiny)


def best_scale(weights: npt.NDArray[Any]) -> float:
    """The single-precision scale s that makes the sum of (w - s * code)² over `weights` smallest.

    Every code is w / s, rounded to the nearest and clipped to ±LIMIT; 0.0 if all weights are 0.

    The search is exact. As s falls, a magnitude's code becomes k at s = |w| / (k - ½); between two
    such points no code changes, and the best s is Σ|w|·code / Σcode², for an error of
    Σw² - (Σ|w|·code)² / Σcode². The smallest over all intervals is the smallest of all, since
    rounding again with that interval's s can only better it.
    """
    magnitudes, counts = np.unique(np.abs(weights).astype(np.float64), return_counts=True)
    codes = np.arange(1, LIMIT + 1)
    falling = np.argsort(-np.divide.outer(magnitudes, codes - 0.5), axis=None, kind="stable")
    # A step from k - 1 to k adds |w| to Σ|w|·code and 2k - 1 to Σcode².
    products = np.cumsum(np.repeat(counts * magnitudes, LIMIT)[falling])
    squares = np.cumsum(np.multiply.outer(counts, 2 * codes - 1).reshape(-1)[falling])
    best = np.argmax(products / squares * products)
    if products[best] == 0.0:
        return 0.0
    return max(float(np.float32(products[best] / squares[best])), SMALLEST_SCALE)


def four_bit_codes(weights: npt.NDArray[Any], scale: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """`weights` / `scale`, which broadcasts, to the nearest code; a scale of 0 is of zeros only."""
    ratio = np.divide(weights, scale, out=np.zeros(weights.shape), where=scale > 0)
    codes: npt.NDArray[np.int8] = np.clip(np.rint(ratio), -LIMIT, LIMIT).astype(np.int8)
    return codes
