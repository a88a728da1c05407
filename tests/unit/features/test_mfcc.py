"""MFCC beside TensorFlow's own operators."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.features.mfcc import Mfcc
from tests.unit.features.signals import sounds


def test_one_second_gives_49_by_10() -> None:
    assert Mfcc()(sounds()).shape == (4, 49, 10)


def test_clips_do_not_depend_on_each_other() -> None:
    clips = sounds()
    together = Mfcc()(clips)
    for clip, features in zip(clips, together, strict=True):
        np.testing.assert_allclose(Mfcc()(clip), features, rtol=1e-5, atol=1e-5)


def test_silence_is_finite() -> None:
    features = Mfcc()(np.zeros(16_000, np.float32))
    assert np.isfinite(features).all()
    # 40 times log(1e-12), scaled by sqrt(2 / 40); a constant has no further coefficients.
    assert features[:, 0] == pytest.approx(-247.13, abs=0.01)
    assert np.abs(features[:, 1:]).max() < 1e-3


@pytest.mark.train
@pytest.mark.parametrize(
    "mfcc",
    [
        Mfcc(),
        Mfcc(frame=512, stride=256, bins=32, coefficients=13, high=7_600.0),
        Mfcc(frame=480, stride=160, low=125.0, coefficients=40),
    ],
)
def test_as_tensorflow_computes_them(mfcc: Mfcc) -> None:
    pytest.importorskip("tensorflow")
    from mcugen.train.tensorflow import tf

    audio = sounds()
    spectrogram = tf.raw_ops.AudioSpectrogram(
        input=audio.T, window_size=mfcc.frame, stride=mfcc.stride, magnitude_squared=True
    )
    expected = tf.raw_ops.Mfcc(
        spectrogram=spectrogram,
        sample_rate=mfcc.rate,
        lower_frequency_limit=mfcc.low,
        upper_frequency_limit=mfcc.high,
        filterbank_channel_count=mfcc.bins,
        dct_coefficient_count=mfcc.coefficients,
    ).numpy()
    # TensorFlow's spectrogram is float32, which shows in the logarithm of next to nothing.
    np.testing.assert_allclose(mfcc(audio), expected, rtol=1e-3, atol=2e-3)
