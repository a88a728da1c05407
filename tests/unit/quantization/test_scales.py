"""The clip search is exact, and what it finds survives the file."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis import example, given

from mcugen.quantization.scales import LIMIT, best_scale, four_bit_codes
from mcugen.tflite.int4 import pack_int4, unpack_int4

weights = st.lists(st.integers(-128, 127), min_size=1, max_size=40).map(np.array)
units = st.sampled_from([1e-6, 0.0123, 1.0, 300.0])


def squared_error(values: npt.NDArray[Any], scale: float) -> float:
    codes = four_bit_codes(values, np.array(scale))
    return float(np.sum(np.square(values - codes * scale)))


@given(weights, units)
@example(np.array([1, 1, 1, 127]), 0.5)
@example(np.array([-128]), 1.0)
@example(np.array([0, 7, -7, 3]), 0.25)
def test_no_scale_of_a_fine_grid_is_better(codes: npt.NDArray[Any], unit: float) -> None:
    values = codes * unit
    scale = best_scale(values)
    largest = np.abs(values).max()
    if largest == 0:
        assert scale == 0.0 and not four_bit_codes(values, np.array(scale)).any()
        return
    assert scale == np.float32(scale)
    # Rounding the scale to single precision moves every value by less than this.
    slack = 1e-6 * float(np.sum(np.square(values)))
    found = squared_error(values, scale)
    assert found <= squared_error(values, largest / LIMIT) + slack
    for other in np.linspace(0.02, 1.2, 300) * largest / 1.0:
        assert found <= squared_error(values, other) + slack


@given(st.lists(st.integers(-7, 7), min_size=1, max_size=20).map(np.array), units)
def test_what_four_bits_hold_stays_exact(codes: npt.NDArray[Any], unit: float) -> None:
    values = codes * float(np.float32(unit))
    scale = best_scale(values)
    back = four_bit_codes(values, np.array(scale)) * scale
    np.testing.assert_allclose(back, values, rtol=1e-6)


def test_an_outlier_is_clipped_when_that_pays() -> None:
    values = np.array([1.0, -1.0] * 200 + [9.0])
    assert best_scale(values) * LIMIT < 8.0
    assert four_bit_codes(values, np.array(best_scale(values))).max() == LIMIT


def test_tiny_weights_keep_a_normal_scale() -> None:
    scale = best_scale(np.array([1e-45]))
    assert scale >= float(np.finfo(np.float32).tiny)


@given(weights)
def test_codes_survive_packing(codes: npt.NDArray[Any]) -> None:
    four = four_bit_codes(codes, np.array(best_scale(codes)))
    assert np.abs(four).max() <= LIMIT
    assert unpack_int4(pack_int4(four), four.size).tolist() == four.tolist()
