"""Log-mel spectrograms beside librosa's."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.features.log_mel import LogMel
from tests.unit.features.signals import sounds


def test_ten_seconds_give_313_frames() -> None:
    assert LogMel()(sounds(160_000)).shape == (4, 313, 64)


def test_silence_is_finite() -> None:
    assert LogMel()(np.zeros(4_096, np.float32)) == pytest.approx(-156.54, abs=0.01)


@pytest.mark.parametrize("bins", [64, 128])
def test_as_librosa_computes_them(bins: int) -> None:
    librosa = pytest.importorskip("librosa")
    audio = sounds(20_000)
    mel = librosa.feature.melspectrogram(
        y=audio, sr=16_000, n_fft=1024, hop_length=512, n_mels=bins
    )
    # librosa is float32 here: digital silence, and what leaks below it, tells only of rounding.
    expected = np.maximum(10 * np.log10(np.swapaxes(mel, 1, 2) + np.finfo(float).eps), -60)
    np.testing.assert_allclose(np.maximum(LogMel(bins=bins)(audio), -60), expected, atol=0.01)
