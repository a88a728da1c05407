"""ADD and SUB by two multiplications, for layers where that gives TFLite's very codes.

TFLite rounds three times, on a finer scale than the output's, so its result is all but the nearest
code to the real sum. A linear form with enough bits of fraction gives the same code for each of the
65,536 pairs of inputs, or nearly so; then other constants close by are tried. A form is taken only
if every pair comes out right, so nothing rests on the argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, round_half_away
from mcugen.ir.graph import Operands, Quantization
from mcugen.ir.ops.elementwise import rescaled_sum

FRACTION_BITS = 19
"""MCUGEN_ADD_FRACTION_BITS of mcugen_add_s8.h."""
_PRODUCT_BITS = 8
"""Multipliers have so many more bits of fraction, and products lose them."""
_ONE = 1 << FRACTION_BITS
_CODES = np.arange(-128, 128, dtype=np.int64)
_NEAREST_FIRST = sorted(product(range(-2, 3), repeat=2), key=lambda p: abs(p[0]) + abs(p[1]))
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LinearSum:
    """The constants of `mcugen_add_s8`: see there for what they do."""

    multiplier0: int
    multiplier1: int
    offset: int
    rounding: int

    def raw(self) -> Codes:
        """The sum of each pair of codes, [256, 256], before it is rounded."""
        first, second = (
            (_CODES * m) >> _PRODUCT_BITS for m in (self.multiplier0, self.multiplier1)
        )
        return first[:, None] + second[None, :] + self.offset

    def codes(self, low: int, high: int) -> Codes:
        """The output code of each pair of codes."""
        raw = self.raw()
        codes: Codes = np.clip((raw + (raw >> 63) + self.rounding) >> FRACTION_BITS, low, high)
        return codes


def linear_sum(x: Operands, first: int, second: int) -> LinearSum | None:
    """The form for an ADD or SUB whose inputs `first` and `second` the kernel takes as 0 and 1.

    None if it would leave int32 or if no constants that were tried give every pair's code.
    """
    output = x.output()
    return _search(
        x.input(first).q,
        x.input(second).q,
        -1 if x.operator.name == "SUB" else 1,
        output.q,
        activation_range(x.attributes.activation, output.q, output.dtype),
    )


@lru_cache(maxsize=256)
def _search(
    first: Quantization,
    second: Quantization,
    sign: int,
    output: Quantization,
    limits: tuple[int, int],
) -> LinearSum | None:
    wanted = rescaled_sum(
        (first.scale, second.scale, output.scale),
        _CODES[:, None] - first.zero_point,
        _CODES[None, :] - second.zero_point,
        sign,
    )
    wanted = np.clip(wanted + output.zero_point, *limits)
    unit = 1 << (FRACTION_BITS + _PRODUCT_BITS)
    scale0 = round_half_away(first.scale / output.scale * unit)
    scale1 = round_half_away(second.scale / output.scale * unit) * sign
    rounding = output.zero_point * _ONE + _ONE // 2
    for near0, near1 in _NEAREST_FIRST:
        m0, m1 = scale0 + near0, scale1 + near1
        offset = -(m0 * first.zero_point + m1 * second.zero_point) >> _PRODUCT_BITS
        form = _centred(LinearSum(m0, m1, offset, rounding), wanted, limits)
        if not _fits(form):
            return None
        if np.array_equal(form.codes(*limits), wanted):
            return form
    return None


def _centred(form: LinearSum, wanted: Codes, limits: tuple[int, int]) -> LinearSum:
    """The form with its offset in the middle of those that round every sum as wanted, if any do."""
    low, high = limits
    raw = form.raw()
    rounded = raw + (raw >> 63) + form.rounding
    least = ((wanted << FRACTION_BITS) - rounded)[wanted > low].max(initial=-_ONE)
    beyond = (((wanted + 1) << FRACTION_BITS) - rounded)[wanted < high].min(initial=_ONE)
    return replace(form, offset=form.offset + int(least + beyond - 1) // 2)


def _fits(form: LinearSum) -> bool:
    """Whether nothing that the kernel computes leaves int32."""
    first = np.abs(_CODES * form.multiplier0 >> _PRODUCT_BITS).max()
    second = np.abs(_CODES * form.multiplier1 >> _PRODUCT_BITS).max()
    largest = int(first + second) + abs(form.offset) + abs(form.rounding) + 2
    return max(abs(form.multiplier0), abs(form.multiplier1), largest) < 1 << 31
