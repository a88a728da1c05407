"""Rooms and noises: what lies between a voice and a microphone. All audio is at 16 kHz."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.tasks.audio import Audio
from mcugen.tasks.kws.labels import RATE

Rng = np.random.Generator


def resample(clip: npt.NDArray[np.floating], factor: float) -> Audio:
    """`clip` stretched to `factor` times its length, without aliases.

    The factor is rounded so that both lengths have fast Fourier transforms.
    """
    size = -(-len(clip) // 2048) * 2048
    stretched = round(size * factor / 64) * 64
    # irfft cuts the spectrum, or extends it with zeros; its scale is that of the new length.
    samples = np.fft.irfft(np.fft.rfft(clip, size), stretched) * (stretched / size)
    return samples[: len(clip) * stretched // size].astype(np.float32)


def reverberate(clip: Audio, rng: Rng) -> Audio:
    """`clip` in a room: an echo of noise that fades by 60 dB within 0.1 … 0.5 s."""
    seconds = rng.uniform(0.1, 0.5)
    time = np.arange(int(seconds * RATE)) / RATE
    room = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    room *= rng.uniform(0.1, 0.7) / np.sqrt(np.sum(room**2))
    room[0] += 1
    length = len(clip) + len(room) - 1
    size = 1 << (length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(clip, size) * np.fft.rfft(room, size), size)[:length]
    return wet.astype(np.float32)


def coloured_noise(samples: int, rng: Rng) -> Audio:
    """Noise whose power falls as frequency to the power of -0.5 (hiss) … -2 (rumble); RMS 1."""
    frequency = np.arange(samples // 2 + 1) * RATE / samples
    spectrum = _phases(len(frequency), rng) * (frequency + 50) ** -rng.uniform(0.25, 1)
    return scaled(np.fft.irfft(spectrum, samples))


def hum(samples: int, rng: Rng) -> Audio:
    """Mains of 50 or 60 Hz with harmonics; RMS 1. `samples` are whole seconds."""
    base = int(rng.choice([50, 60])) * samples // RATE
    spectrum = np.zeros(samples // 2 + 1, np.complex128)
    spectrum[base : 9 * base : base] = _phases(8, rng) * rng.uniform(size=8) / np.arange(1, 9)
    return scaled(np.fft.irfft(spectrum, samples))


def _phases(count: int, rng: Rng) -> npt.NDArray[np.complex128]:
    phases: npt.NDArray[np.complex128] = np.exp(2j * np.pi * rng.uniform(size=count))
    return phases


def scaled(clip: npt.NDArray[np.floating]) -> Audio:
    """`clip` with an RMS of 1; silence stays silence."""
    rms = np.sqrt(np.mean(np.square(clip)))
    return (clip / rms if rms else clip).astype(np.float32)


def cut(clip: Audio, length: int, rng: Rng) -> Audio:
    """A random piece of `length` samples; a clip that is shorter is repeated."""
    if len(clip) < length:
        clip = np.tile(clip, -(-length // len(clip)))
    start = rng.integers(len(clip) - length + 1)
    return clip[start : start + length]
