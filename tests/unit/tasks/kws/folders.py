"""Small folders in the layout of Speech Commands: beeps instead of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcugen.tasks.audio import wav_bytes
from mcugen.tasks.kws.labels import WORDS

TRAIN, VALIDATION, TEST = "00176480", "099d52ad", "bb05582b"
"""Speakers, in the splits where Speech Commands has them."""


def beep(hertz: float, seconds: float = 0.2, rate: int = 16_000) -> bytes:
    time = np.arange(int(seconds * rate)) / rate
    return wav_bytes((0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def write_folder(
    folder: Path, speakers: Sequence[str] = (TRAIN, VALIDATION, TEST), noise: bool = True
) -> Path:
    """A recording of every speaker for every word and for "cat"; background noise."""
    for i, word in enumerate((*WORDS, "cat")):
        (folder / word).mkdir(parents=True)
        for speaker in speakers:
            (folder / word / f"{speaker}_nohash_0.wav").write_bytes(beep(300 + 200 * i))
    if noise:
        (folder / "_background_noise_").mkdir()
        (folder / "_background_noise_" / "fan.wav").write_bytes(beep(50, seconds=20))
    return folder


def write_lists(folder: Path, validation: Sequence[str], test: Sequence[str]) -> None:
    (folder / "validation_list.txt").write_text("".join(f"{path}\n" for path in validation))
    (folder / "testing_list.txt").write_text("".join(f"{path}\n" for path in test))
