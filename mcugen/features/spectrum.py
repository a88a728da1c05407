"""Power spectra of short frames, which all audio features begin with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


def power_spectrum(audio: Audio, frame: int, stride: int, fft: int) -> Values:
    """Squared magnitudes [..., frames, fft / 2 + 1] of `audio` [..., samples].

    Every whole frame of `frame` samples, `stride` apart, is weighted by a periodic Hann window and
    extended with zeros to `fft` samples.
    """
    frames = np.lib.stride_tricks.sliding_window_view(audio, frame, axis=-1)[..., ::stride, :]
    spectrum = np.fft.rfft(frames * hann(frame), fft, axis=-1)
    power: Values = spectrum.real**2 + spectrum.imag**2
    return power


def hann(length: int) -> Values:
    """The periodic Hann window."""
    window: Values = 0.5 - 0.5 * np.cos(2 * np.pi / length * np.arange(length))
    return window
