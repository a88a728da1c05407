"""From a recording to what the networks take: windows of its log-mel spectrogram."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.features.log_mel import LogMel

Values = npt.NDArray[np.float32]

IMAGE = (32, 32, 1)
"""Of the networks that tell machines apart (MicroNets): 64 frames of 64 bins at half the size."""
VECTOR = (640,)
"""Of the autoencoder (MLPerf Tiny): 5 frames of 128 bins."""

FRAMES = 64
STRIDE = 20
VECTOR_FRAMES = 5
VECTOR_STRIDE = 4
"""MLPerf's is 1; neighbours differ little, and four times fewer fit in memory."""

SHORTEST_SAMPLES = 512 * (FRAMES - 1)
"""Of a recording that gives at least one image."""

# Decibels become values around 0: the middle and the spread of recordings at usual levels.
MIDDLE_DB = -30.0
SPREAD_DB = 15.0


def images(audio: Values) -> Values:
    """[windows, 32, 32, 1]: time × frequency, every 640 ms a window of 2 s.

    Halving is the mean of 2 × 2 values, which is what bilinear interpolation comes to.
    """
    bins = LogMel()(audio)
    windows = np.lib.stride_tricks.sliding_window_view(bins, FRAMES, axis=0)[::STRIDE]
    square = windows.transpose(0, 2, 1).reshape(-1, FRAMES // 2, 2, bins.shape[1] // 2, 2)
    return _centred(square.mean(axis=(2, 4)))[..., np.newaxis]


def vectors(audio: Values) -> Values:
    """[windows, 640]: 5 successive frames of 128 bins."""
    bins = LogMel(bins=128)(audio)
    windows = np.lib.stride_tricks.sliding_window_view(bins, VECTOR_FRAMES, axis=0)[::VECTOR_STRIDE]
    return _centred(windows.transpose(0, 2, 1).reshape(len(windows), -1))


def _centred(decibels: Values) -> Values:
    return ((decibels - MIDDLE_DB) / SPREAD_DB).astype(np.float32)
