"""Fewer samples a second."""

from __future__ import annotations

import numpy as np

from mcugen.tasks.audio import Audio, BadWav

TAPS = 16
"""Zero crossings of the low-pass filter on either side."""

MOST_RATE = 384_000
"""In Hz. Nothing records faster, and the filter for what claims so would be endless."""


def resampled(audio: Audio, rate: int, target: int) -> Audio:
    """`audio` [samples] at `target` Hz, which must divide `rate`; raises BadWav if it does not.

    The low-pass filter is a sinc that ends 5 % below the new Nyquist frequency, in a Hann window.
    """
    factor = rate // target
    if factor < 1 or factor * target != rate or rate > MOST_RATE:
        raise BadWav(f"{rate:,} samples a second, which is no usual multiple of {target:,}")
    if factor == 1 or not len(audio):
        return audio
    half = TAPS * factor
    place = np.arange(-half, half + 1)
    low_pass = np.sinc(0.95 * place / factor) * np.hanning(len(place) + 2)[1:-1]
    filtered = np.convolve(audio, low_pass / low_pass.sum())[half : half + len(audio)]
    return filtered[::factor].astype(np.float32)
