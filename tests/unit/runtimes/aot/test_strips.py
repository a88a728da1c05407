"""How layers with 4-bit activations are divided into strips."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcugen.runtimes.aot.lower.strips import PIXELS, row_ranges


@given(height=st.integers(1, 60), width=st.integers(1, 20), by_pixels=st.booleans())
def test_strips_follow_each_other(height: int, width: int, by_pixels: bool) -> None:
    ranges = row_ranges(height, width, by_pixels=by_pixels)
    rows = [row for first, last in ranges for row in range(first, last + 1)]
    assert rows == list(range(height))


@given(height=st.integers(1, 60), width=st.integers(1, 20))
def test_kernels_that_go_by_pixels_get_as_many(height: int, width: int) -> None:
    *before, (first, last) = row_ranges(height, width, by_pixels=True)
    assert all((b + 1 - a) * width % PIXELS == 0 for a, b in before)
    assert not before or (last + 1 - first) * width >= PIXELS
