"""Mel-frequency cepstral coefficients as TensorFlow's AudioSpectrogram and Mfcc compute them.

Arm's keyword networks (DS-CNN, MicroNets) take these, unscaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mcugen.features.spectrum import Audio, Values, power_spectrum

FLOOR = 1e-12
"""Energies below this count as this, so that silence has a logarithm."""


@dataclass(frozen=True)
class Mfcc:
    """Frames and strides in samples, frequencies in Hz. The default is that of keyword spotting.

    40 ms frames every 20 ms, 40 mel bins of 20 … 4000 Hz, the first 10 coefficients: one second
    gives 49×10.
    """

    rate: int = 16_000
    frame: int = 640
    stride: int = 320
    bins: int = 40
    low: float = 20.0
    high: float = 4_000.0
    coefficients: int = 10

    def __call__(self, audio: Audio) -> npt.NDArray[np.float32]:
        """[..., frames, coefficients] of `audio` [..., samples], which is in -1 … 1."""
        power = power_spectrum(audio, self.frame, self.stride, self.fft)
        energies = np.log(np.maximum(np.sqrt(power) @ self.filters, FLOOR))
        return (energies @ self.cosines).astype(np.float32)

    @property
    def fft(self) -> int:
        """The power of two that holds a frame."""
        return 1 << (self.frame - 1).bit_length()

    @cached_property
    def filters(self) -> Values:
        """Triangles [fft / 2 + 1, bins] that sum magnitudes (not powers) into mel bins.

        Their corners are equally spaced in mel. A frequency between two centres is shared by both
        in proportion to its distance from each; the lowest and highest triangle end at `low` and
        `high`. TensorFlow leaves the first frequency above `low` out if it is within half a step.
        """
        corners = np.linspace(_mel(self.low), _mel(self.high), self.bins + 2)
        step = corners[1] - corners[0]
        resolution = self.rate / self.fft
        hertz = np.arange(self.fft // 2 + 1) * resolution
        position = (_mel(hertz)[:, np.newaxis] - corners[1:-1]) / step
        triangles: Values = np.maximum(1 - np.abs(position), 0)
        triangles[: int(self.low / resolution + 1.5)] = 0
        return triangles

    @cached_property
    def cosines(self) -> Values:
        """The cosine transform [bins, coefficients], DCT-II scaled by sqrt(2 / bins)."""
        order = np.arange(self.coefficients)
        middle = np.arange(self.bins)[:, np.newaxis] + 0.5
        transform: Values = np.sqrt(2 / self.bins) * np.cos(np.pi / self.bins * middle * order)
        return transform


def _mel(hertz: npt.ArrayLike) -> Values:
    return 1127 * np.log1p(np.asarray(hertz, np.float64) / 700)
