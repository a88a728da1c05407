"""Keywords spoken by espeak-ng in many voices, in rooms, with noise.

It tells networks and numbers of bits apart; how well a network would do on people it does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcugen.features.mfcc import Mfcc
from mcugen.tasks.audio import Audio
from mcugen.tasks.kws import voices
from mcugen.tasks.kws.acoustics import coloured_noise, cut, hum, resample, reverberate, scaled
from mcugen.tasks.kws.espeak import ACCENTS, Voice, speaker
from mcugen.tasks.kws.labels import CLASSES, OTHER_WORDS, RATE, SILENCE, UNKNOWN

VERSION = 1
"""Of the clips: raise it when they change, so that none are taken from the cache."""

BATCH = 600
"""Clips of one process; what a clip sounds like depends on those before it in its batch."""

SNR_DB = (5.0, 30.0)
PEAK_DB = (-20.0, 0.0)
FORMANT_SHIFT = (0.86, 1.16)
BABBLERS = 24
"""Utterances that the babble of a batch is made of."""


@dataclass(frozen=True)
class Batch:
    """Clips `first` … `first + count - 1` of a split."""

    split: str
    seed: int
    first: int
    count: int


@dataclass(frozen=True, eq=False)
class Clip:
    """One second [16000]. `word` is empty and `speaker` too where nobody speaks."""

    audio: Audio
    label: int
    word: str
    speaker: str


def batches(split: str, seed: int, clips: int) -> list[Batch]:
    """`clips` clips, cut into batches."""
    return [
        Batch(split, seed, first, min(BATCH, clips - first)) for first in range(0, clips, BATCH)
    ]


def speak(batch: Batch) -> list[Clip]:
    """The clips of a batch, classes in turn. Repeatable in a fresh process: see `Speaker`."""
    key = [VERSION, batch.seed, list(voices.SPLITS).index(batch.split), batch.first]
    background = _babble(batch.split, np.random.default_rng([*key, 0]))
    numbers = range(batch.first, batch.first + batch.count)
    return [_clip(batch.split, i, background, np.random.default_rng([*key, 1, i])) for i in numbers]


def features(batch: Batch) -> npt.NDArray[np.float32]:
    """MFCC [clips, 49, 10] of a batch."""
    mfcc = Mfcc()
    return np.stack([mfcc(clip.audio) for clip in speak(batch)])


def labels(clips: int) -> npt.NDArray[np.int32]:
    """Classes of a split's first `clips` clips."""
    return np.arange(clips, dtype=np.int32) % len(CLASSES)


def _clip(split: str, number: int, babble: Audio, rng: np.random.Generator) -> Clip:
    label = number % len(CLASSES)
    noise = _noise(babble, rng)
    if label == SILENCE:
        audio, word, name = noise, "", ""
    else:
        word = str(rng.choice(OTHER_WORDS)) if label == UNKNOWN else CLASSES[label]
        voice = _voice(split, rng)
        name = f"{voice.accent}+{voice.variant}"
        spoken = _placed(reverberate(_utterance(word, voice, rng), rng), rng)
        audio = spoken + noise * 10 ** (-rng.uniform(*SNR_DB) / 20)
    audio = audio * (10 ** (rng.uniform(*PEAK_DB) / 20) / np.abs(audio).max())
    return Clip(audio.astype(np.float32), label, word, name)


def _voice(split: str, rng: np.random.Generator) -> Voice:
    return Voice(
        accent=str(rng.choice(ACCENTS)),
        variant=str(rng.choice(voices.SPLITS[split])),
        speed=int(rng.integers(110, 220)),
        pitch=int(rng.integers(20, 80)),
        range=int(rng.integers(10, 90)),
    )


def _utterance(word: str, voice: Voice, rng: np.random.Generator) -> Audio:
    """The word with an RMS of 1, without silence around; a shorter vocal tract speaks higher."""
    samples = speaker().say(word, voice).astype(np.float32)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    return scaled(resample(samples, RATE / speaker().rate / rng.uniform(*FORMANT_SHIFT)))


def _placed(spoken: Audio, rng: np.random.Generator) -> Audio:
    """One second in which the word lies somewhere; a longer one loses its echo, or its end."""
    second = np.zeros(RATE, np.float32)
    spoken = spoken[:RATE]
    start = rng.integers(RATE - len(spoken) + 1)
    second[start : start + len(spoken)] = spoken
    return second


def _noise(babble: Audio, rng: np.random.Generator) -> Audio:
    """One second of noises at random levels; RMS 1."""
    parts = (coloured_noise(RATE, rng), hum(RATE, rng), cut(babble, RATE, rng))
    return scaled(np.sum([part * rng.uniform() ** 2 for part in parts], axis=0))


def _babble(split: str, rng: np.random.Generator) -> Audio:
    """Eight seconds of many voices at once; RMS 1."""
    total = np.zeros(8 * RATE, np.float32)
    for _ in range(BABBLERS):
        words = [str(word) for word in rng.choice(OTHER_WORDS, 8)]
        total += cut(_utterance(" ".join(words), _voice(split, rng), rng), len(total), rng)
    return scaled(total)
