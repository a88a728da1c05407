"""Log-mel spectrograms as librosa computes them, which anomaly detectors take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mcugen.features.spectrum import Audio, Values, power_spectrum

FLOOR = float(np.finfo(np.float64).eps)
"""Added to every energy before its logarithm, as MLPerf Tiny's anomaly detection does."""

LINEAR_MELS = 15
LINEAR_HERTZ = 1_000.0
"""Slaney's mel scale: linear up to 15 mel, which are 1 kHz, ..."""
MELS_PER_FACTOR = 27 / math.log(6.4)
"""... and logarithmic above: 27 mel for a factor of 6.4."""


@dataclass(frozen=True)
class LogMel:
    """Frames and strides in samples. The default: 64 ms every 32 ms, 64 bins up to 8 kHz.

    `LogMel(bins=128)` is the feature of MLPerf Tiny's anomaly detection.
    """

    rate: int = 16_000
    frame: int = 1_024
    stride: int = 512
    bins: int = 64

    def __call__(self, audio: Audio) -> npt.NDArray[np.float32]:
        """[..., 1 + samples // stride, bins] in dB of `audio` [..., samples] in -1 … 1.

        Frames are centred on multiples of `stride`; before and after the recording lie zeros.
        """
        around = [(0, 0)] * (audio.ndim - 1) + [(self.frame // 2, self.frame // 2)]
        power = power_spectrum(np.pad(audio, around), self.frame, self.stride, self.frame)
        decibels = 10 * np.log10(power @ self.filters + FLOOR)
        return decibels.astype(np.float32)

    @cached_property
    def filters(self) -> Values:
        """Triangles of unit area [frame / 2 + 1, bins], corners equally spaced in mel."""
        corners = _hertz(np.linspace(0, _mel(self.rate / 2), self.bins + 2))
        hertz = np.arange(self.frame // 2 + 1)[:, np.newaxis] * self.rate / self.frame
        lower, centre, upper = corners[:-2], corners[1:-1], corners[2:]
        rising = (hertz - lower) / (centre - lower)
        falling = (upper - hertz) / (upper - centre)
        triangles: Values = np.maximum(np.minimum(rising, falling), 0) * 2 / (upper - lower)
        return triangles


def _mel(hertz: float) -> float:
    if hertz < LINEAR_HERTZ:
        return hertz / LINEAR_HERTZ * LINEAR_MELS
    return LINEAR_MELS + math.log(hertz / LINEAR_HERTZ) * MELS_PER_FACTOR


def _hertz(mels: Values) -> Values:
    linear = mels / LINEAR_MELS * LINEAR_HERTZ
    above = LINEAR_HERTZ * np.exp((mels - LINEAR_MELS) / MELS_PER_FACTOR)
    return np.where(mels < LINEAR_MELS, linear, above)
