"""Resampling beside the sine that it should give."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.tasks.audio import BadWav
from mcugen.tasks.resampling import resampled
from tests.unit.tasks.ad_folders import sine


@pytest.mark.parametrize("rate", [32_000, 48_000, 96_000])
@pytest.mark.parametrize("hertz", [50, 1_000, 6_500])
def test_what_fits_stays(rate: int, hertz: int) -> None:
    found = resampled(sine(hertz, rate, 0.2), rate, 16_000)
    assert found.dtype == np.float32
    assert len(found) == 3_200
    np.testing.assert_allclose(found[50:-50], sine(hertz, 16_000, 0.2)[50:-50], atol=2e-3)


@pytest.mark.parametrize("hertz", [9_000, 12_000, 20_000])
def test_what_does_not_fit_goes(hertz: int) -> None:
    assert np.abs(resampled(sine(hertz, 48_000, 0.2), 48_000, 16_000)[50:-50]).max() < 1e-3


@pytest.mark.parametrize("samples", [0, 1, 2, 7, 300])
def test_short_audio(samples: int) -> None:
    found = resampled(np.ones(samples, np.float32), 48_000, 16_000)
    assert len(found) == -(-samples // 3)


def test_the_same_rate_changes_nothing() -> None:
    audio = sine(7_900, 16_000, 0.01)
    assert resampled(audio, 16_000, 16_000) is audio


@pytest.mark.parametrize("rate", [1, 8_000, 44_100, 16_000 * 100_000])
def test_other_rates_are_refused(rate: int) -> None:
    with pytest.raises(BadWav, match="samples a second, which is no usual multiple of 16,000"):
        resampled(np.zeros(100, np.float32), rate, 16_000)
