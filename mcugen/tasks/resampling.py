"""Fewer samples a second."""

from __future__ import annotations

import numpy as np

from mcugen.tasks.audio import Audio, BadWav

TAPS = 16
"""Zero crossings of the low-pass filter on either side."""


def resampled(audio: Audio, rate: int, target: int) -> Audio:
    """`audio` [samples] at `target` Hz, which must divide `rate`; raises BadWav if it does not.

    The low-pass filter is a sinc that ends 5 % below the new Nyquist frequency, in a Hann window.
    """
    factor = rate // target
    if factor < 1 or factor * target != rate:
        raise BadWav(f"{rate:,} samples a second, which is no multiple of {target:,}")
    if factor == 1:
        return audio
    place = np.arange(-TAPS * factor, TAPS * factor + 1)
    low_pass = np.sinc(0.95 * place / factor) * np.hanning(len(place) + 2)[1:-1]
    filtered = np.convolve(audio, low_pass / low_pass.sum(), "same")
    return filtered[::factor].astype(np.float32)
