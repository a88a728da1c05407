"""gemmlowp's functions come close to the real ones; the kernels' tests compare every bit."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir import gemmlowp
from mcugen.ir.gemmlowp import ONE_Q0, Raw

Q0_ULP = 2.0**-31


def raws(low: float, high: float, integer_bits: int) -> tuple[Raw, np.ndarray]:
    """Numbers over a range, as raw and as real values."""
    reals = np.linspace(low, high, 4001)
    raw = np.round(reals * 2 ** (31 - integer_bits)).astype(np.int64)
    return raw, raw / 2 ** (31 - integer_bits)


@pytest.mark.parametrize("bits", [4, 5])
def test_exp(bits: int) -> None:
    raw, real = raws(-15.9, 0, bits)
    found = gemmlowp.exp_on_negative_values(raw, bits) * Q0_ULP
    np.testing.assert_allclose(found, np.exp(real), atol=3e-7)
    assert gemmlowp.exp_on_negative_values(np.zeros(1, np.int64), bits) == ONE_Q0


def test_reciprocal() -> None:
    raw, real = raws(0, 1 - Q0_ULP, 0)
    found = gemmlowp.one_over_one_plus_x(raw) * Q0_ULP
    np.testing.assert_allclose(found, 1 / (1 + real), atol=1e-8)


def test_logistic_and_tanh() -> None:
    raw, real = raws(-15.9, 15.9, 4)
    np.testing.assert_allclose(
        gemmlowp.logistic(raw, 4) * Q0_ULP, 1 / (1 + np.exp(-real)), atol=1e-6
    )
    np.testing.assert_allclose(gemmlowp.tanh(raw, 4) * Q0_ULP, np.tanh(real), atol=2e-6)
