"""Features of a Speech Commands folder's recordings, with noise and shift for training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.features.mfcc import Mfcc
from mcugen.tasks.audio import Audio, BadWav, read_clip
from mcugen.tasks.kws.acoustics import coloured_noise, cut
from mcugen.tasks.kws.labels import RATE, SILENCE
from mcugen.tasks.kws.speech_commands import Index

VERSION = 1
"""Of the features: raise it when they change, so that none are taken from the cache."""

BATCH = 1_000
"""Recordings of one process."""

TRAIN_VERSIONS = 2
"""How often each training recording is used, every time with other noise and shift."""

SHIFT_SECONDS = 0.1
NOISE_SHARE = 0.8
NOISE_VOLUME = 0.1
"""A training recording is shifted by at most so much; so many have noise, at most so loud.

As Arm trains its keyword networks.
"""

DITHER = 2.0**-15
"""RMS of the white noise added to every clip: microphones are never digitally silent."""

NOISE_PARTS = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}
"""Which part of every background recording is for which split."""


@dataclass(frozen=True)
class Batch:
    """Recordings `first` … of a split; `pairs` are (path, class), `noises` background files."""

    folder: Path
    split: str
    seed: int
    first: int
    pairs: tuple[tuple[str, int], ...]
    noises: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """MFCC [clips, 49, 10] and classes [clips]; (path, reason) of what could not be read."""

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]
    problems: tuple[tuple[str, str], ...]


def batches(index: Index, split: str, seed: int) -> list[Batch]:
    """A split's recordings, cut into batches."""
    pairs = index.splits[split] * (TRAIN_VERSIONS if split == "train" else 1)
    return [
        Batch(index.folder, split, seed, first, tuple(pairs[first : first + BATCH]), index.noises)
        for first in range(0, len(pairs), BATCH)
    ]


def prepare(batch: Batch) -> Prepared:
    """The features of a batch."""
    mfcc = Mfcc()
    rows: list[npt.NDArray[np.float32]] = []
    labels: list[int] = []
    problems: list[tuple[str, str]] = []
    key = [VERSION, batch.seed, list(NOISE_PARTS).index(batch.split)]
    noises = _noises(batch, problems, np.random.default_rng(key))
    for i, (path, label) in enumerate(batch.pairs, batch.first):
        rng = np.random.default_rng([*key, i])
        try:
            voice = None if label == SILENCE else read_clip(batch.folder / path, RATE)
        except BadWav as bad:
            problems.append((path, bad.message))
            continue
        rows.append(mfcc(_clip(voice, noises, batch.split == "train", rng)))
        labels.append(label)
    return Prepared(
        np.array(rows, np.float32).reshape(-1, 49, 10), np.array(labels, np.int32), tuple(problems)
    )


def _noises(batch: Batch, problems: list[tuple[str, str]], rng: np.random.Generator) -> list[Audio]:
    """This split's part of every background recording; made-up noise if there is none."""
    parts = []
    begin, end = NOISE_PARTS[batch.split]
    for path in batch.noises:
        try:
            noise = read_clip(batch.folder / path, RATE)
            parts.append(noise[int(begin * len(noise)) : int(end * len(noise))])
        except BadWav as bad:
            problems.append((path, bad.message))
    return [p for p in parts if len(p)] or [0.1 * coloured_noise(60 * RATE, rng) for _ in range(6)]


def _clip(
    voice: Audio | None, noises: list[Audio], training: bool, rng: np.random.Generator
) -> Audio:
    """One second: `voice`, or background alone."""
    clip = rng.normal(0, DITHER, RATE).astype(np.float32)
    noise = cut(noises[rng.integers(len(noises))], RATE, rng)
    if voice is None:
        return clip + noise * np.float32(rng.uniform())
    shift = int(rng.uniform(-SHIFT_SECONDS, SHIFT_SECONDS) * RATE) if training else 0
    voice = voice[max(0, -shift) : RATE - max(0, shift)]
    clip[max(0, shift) : max(0, shift) + len(voice)] += voice
    if training and rng.uniform() < NOISE_SHARE:
        clip += noise * np.float32(rng.uniform(0, NOISE_VOLUME))
    return clip
