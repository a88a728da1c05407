"""Requantization as one multiply-add: equal to TFLite's for every sum, or refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.ir.fixed_point import quantize_multiplier, requantize
from mcugen.ir.multiply_add import FINE_BITS, FRACTION_BITS, MultiplyAdd, Sums, multiply_add

CODES = [(0, 15), (1, 15), (-128, 127), (-100, 3)]


def sums(scales: list[float], bias: int, surplus: int, zero_point: int, codes: int) -> Sums:
    pairs = np.array([quantize_multiplier(scale) for scale in scales])
    n = len(scales)
    return Sums(
        low=np.full(n, -3000),
        high=np.full(n, 2500),
        bias=np.full(n, bias),
        surplus=np.full(n, surplus),
        multipliers=pairs[:, 0],
        shifts=pairs[:, 1],
        zero_point=zero_point,
        codes=CODES[codes],
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(2**-12, 1.9), min_size=1, max_size=5),
    st.integers(-4000, 4000),
    st.sampled_from([0, 2048]),
    st.sampled_from([-8, 0, 8, 15, 3]),
    st.integers(0, len(CODES) - 1),
    st.sampled_from([FRACTION_BITS, FINE_BITS]),
)
def test_every_sum_gives_the_code_of_tflite(
    scales: list[float], bias: int, surplus: int, zero_point: int, codes: int, fraction_bits: int
) -> None:
    given_sums = sums(scales, bias, surplus, zero_point, codes)
    given_sums = replace(given_sums, fraction_bits=fraction_bits)
    found = multiply_add(given_sums)
    if isinstance(found, str):
        return
    for i in range(len(scales)):
        every = np.arange(given_sums.low[i], given_sums.high[i] + 1)
        exact = requantize(every + bias, given_sums.multipliers[i], given_sums.shifts[i])
        numbers = every + (bias if found.signed else surplus)
        offsets = found.offsets[i] + np.where(numbers < 0, found.negative[i], 0)
        ours = (((numbers * found.multipliers[i]) >> 16) + offsets) >> fraction_bits
        np.testing.assert_array_equal(
            np.clip(ours, *CODES[codes]), np.clip(exact + zero_point, *CODES[codes])
        )


def test_codes_of_one_sign_need_no_sign() -> None:
    """As after RELU6: no code but the lowest comes from a negative sum."""
    found = multiply_add(sums([0.11, 0.07, 0.3], -100, 2048, 0, 0))
    assert isinstance(found, MultiplyAdd) and not found.signed


def test_codes_of_both_signs_need_it() -> None:
    found = multiply_add(sums([0.11], 0, 0, 8, 1))
    assert isinstance(found, MultiplyAdd) and found.signed


def test_large_scales_are_refused() -> None:
    assert multiply_add(sums([0.5, 2.5], 0, 0, 0, 0)) == "channel 1 has a scale of 2^1 or more"


def test_a_finer_fraction_takes_smaller_scales() -> None:
    coarse = sums([0.4, 0.6], 0, 0, 0, 0)
    fine = replace(coarse, fraction_bits=FINE_BITS)
    assert isinstance(multiply_add(coarse), MultiplyAdd)
    assert multiply_add(fine) == "channel 1 has a scale of 2^-1 or more"


def test_a_channel_of_one_sum_has_any_scale() -> None:
    wide = sums([2.5], 7, 0, 0, 0)
    found = multiply_add(replace(wide, low=np.zeros(1, int), high=np.zeros(1, int)))
    assert isinstance(found, MultiplyAdd) and found.multipliers[0] == 0
