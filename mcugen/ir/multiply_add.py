"""Requantization as one multiply-add, with proof.

TFLite's requantization rounds twice, and positive and negative sums differently. Yet its result,
a code, is a non-decreasing function of the sum: it is known once each code's threshold is, the
least sum that gives this code or a greater one. Of

    code = (floor(sum * multiplier / 2^16) + offset) >> fraction bits

each threshold says how small and how large `offset` may be. Where an offset meets all of these
bounds, the two functions are equal for every sum that can occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import requantize

FRACTION_BITS = 14
FINE_BITS = 16
"""For large sums and small scales."""

_UNBOUNDED = 1 << 40

Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sums:
    """What a layer requantizes, channel by channel.

    Sums lie from `low` to `high`, without `bias`; what is multiplied is `surplus` more.
    `multipliers` and `shifts` are TFLite's.
    `codes` are the lowest and the highest that come out, and `zero_point` is that of those codes.
    """

    low: Array
    high: Array
    bias: Array
    surplus: Array
    multipliers: Array
    shifts: Array
    zero_point: int
    codes: tuple[int, int]
    fraction_bits: int = FRACTION_BITS


@dataclass(frozen=True, eq=False)
class MultiplyAdd:
    """Constants of each channel.

    If `signed`, the bias less the surplus is to be added to the sum, and `negative` to the offset
    of a sum that is then negative; if not, `offset` has these in it, and `negative` is 0.
    """

    multipliers: Array
    offsets: Array
    negative: Array
    signed: bool


def multiply_add(sums: Sums) -> MultiplyAdd | str:
    """The constants with which every sum gives TFLite's code, or why there are none."""
    places = sums.shifts + sums.fraction_bits - 15
    multipliers = np.rint(np.ldexp(sums.multipliers.astype(float), places)).astype(int)
    # A channel of one sum needs none, whatever its scale.
    multipliers = np.where(sums.low == sums.high, 0, multipliers)
    for channel in np.flatnonzero(multipliers >= 1 << 31):
        return f"channel {channel} has a scale of 2^{15 - sums.fraction_bits} or more"
    thresholds = _thresholds(sums)
    every = np.ones_like(thresholds, bool)
    lowest, highest = _bounds(sums, multipliers, thresholds, sums.bias - sums.surplus, every, every)
    signed = bool(np.any(lowest > highest))
    negative = np.zeros_like(lowest)
    if signed:
        none = np.zeros_like(sums.bias)
        # The sum at a threshold, and the one before it, by the side of 0 on which they lie.
        at, before = thresholds >= 0, thresholds > 0
        lowest, highest = _bounds(sums, multipliers, thresholds, none, at, before)
        bounds = _bounds(sums, multipliers, thresholds, none, ~at, ~before)
        for channel in np.flatnonzero((lowest > highest) | (bounds[0] > bounds[1])):
            return f"channel {channel} rounds as no single multiply-add does"
        negative = _between(*bounds) - _between(lowest, highest)
    offsets = _between(lowest, highest)
    for channel in np.flatnonzero(np.abs(offsets) + np.abs(negative) >= 1 << 30):
        return f"the bias of channel {channel} is out of range"
    return MultiplyAdd(multipliers, offsets, negative, signed)


def _thresholds(sums: Sums) -> Array:
    """[channels][codes - 1]: the least biased sum whose code is not below codes[0] + 1, + 2, …

    One more than the highest sum where there is none.
    """
    levels = np.arange(sums.codes[0] + 1, sums.codes[1] + 1)
    below = np.repeat((sums.low + sums.bias - 1)[:, None], len(levels), axis=1)
    reached = np.repeat((sums.high + sums.bias + 1)[:, None], len(levels), axis=1)
    while np.any(reached - below > 1):
        middle = (below + reached) >> 1
        codes = requantize(middle, sums.multipliers[:, None], sums.shifts[:, None])
        high_enough = codes + sums.zero_point >= levels
        # At the end of the search both neighbours are known, and the middle is the lower one.
        open_ = reached - below > 1
        reached = np.where(high_enough & open_, middle, reached)
        below = np.where(~high_enough & open_, middle, below)
    return reached


def _bounds(
    sums: Sums,
    multipliers: Array,
    thresholds: Array,
    bias: Array,
    at: npt.NDArray[np.bool_],
    before: npt.NDArray[np.bool_],
) -> tuple[Array, Array]:
    """The least and the greatest offset of each channel.

    `bias` is what is taken off a threshold to get the number that is multiplied. `at` and `before`
    say which thresholds, and which sums just before them, count.
    """
    levels = np.arange(sums.codes[0] + 1, sums.codes[1] + 1) << sums.fraction_bits
    first, last = (sums.low + sums.bias)[:, None], (sums.high + sums.bias)[:, None]
    numbers = thresholds - bias[:, None]
    least = levels - ((numbers * multipliers[:, None]) >> 16)
    most = levels - 1 - (((numbers - 1) * multipliers[:, None]) >> 16)
    least = np.where(at & (thresholds <= last), least, -_UNBOUNDED)
    most = np.where(before & (thresholds > first), most, _UNBOUNDED)
    return (
        least.max(axis=1, initial=-_UNBOUNDED),
        most.min(axis=1, initial=_UNBOUNDED),
    )


def _between(lowest: Array, highest: Array) -> Array:
    middle = (lowest + highest) >> 1
    middle = np.where(lowest == -_UNBOUNDED, highest, middle)
    middle = np.where(highest == _UNBOUNDED, lowest, middle)
    result: Array = np.where((lowest == -_UNBOUNDED) & (highest == _UNBOUNDED), 0, middle)
    return result
