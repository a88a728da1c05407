"""Sounds to compute features of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def sounds(samples: int = 16_000) -> npt.NDArray[np.float32]:
    """[4, samples]: noise, a chord, a chirp with a silent half, and an impulse."""
    rng = np.random.default_rng(5)
    time = np.arange(samples) / 16_000
    chord = sum(np.sin(2 * np.pi * f * time) for f in (110, 440, 1234, 3900)) / 5
    chirp = np.sin(2 * np.pi * (50 + 1500 * time) * time) * (time < time[-1] / 2)
    impulse = np.zeros(samples)
    impulse[samples // 3] = 1
    return np.stack([0.1 * rng.standard_normal(samples), chord, chirp, impulse]).astype(np.float32)
