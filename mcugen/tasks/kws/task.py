"""The task: recordings of people, or keywords that espeak-ng speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks.base import Data, Recipe, Shape, Shift, SpecAugment, Split, Task
from mcugen.tasks.cache import cached
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.kws import folder as written
from mcugen.tasks.kws import recordings, synthetic, voices
from mcugen.tasks.kws.espeak import require_espeak
from mcugen.tasks.kws.labels import CLASSES
from mcugen.tasks.kws.speech_commands import Index, index_folder, require_every_class
from mcugen.tasks.synthetic_note import is_synthetic

SHAPE = (49, 10, 1)

EXAMPLES = 14_400
VALIDATION_SHARE, TEST_SHARE = 1 / 6, 1 / 2
"""Spoken offline: training examples, and how many there are of the others for one of these."""


class Kws(Task):
    """Twelve classes of one second at 16 kHz as 49×10 MFCC: see `mcugen.features.mfcc`.

    `load` reads a Speech Commands v2 folder. Without a folder, `examples` training clips are
    spoken, with validation and test voices that training does not hear.
    """

    name = "kws"
    architecture = "ds_cnn_s"
    augmentations = (Shift(rows=5, columns=0), SpecAugment(times=6, frequencies=1))
    recipe = Recipe(epochs=30, qat_epochs=30, qat_learning_rate=2e-3)

    def __init__(self, examples: int = EXAMPLES) -> None:
        self.examples = examples

    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        """The data; features are kept in the user's cache folder."""
        if input_shape != SHAPE:
            raise InputRejected(
                f"the task kws has inputs of {list(SHAPE)}, the network takes {list(input_shape)}",
                f"train {self.architecture}, or give the network an input of 49x10x1",
            )
        if folder is None:
            return self._spoken(seed, progress)
        return _recorded(folder, seed, progress)

    def synthesize(
        self,
        folder: Path,
        *,
        examples: int | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        """A folder like Speech Commands: words, background noise and the two lists."""
        require_espeak()
        written.write(folder, _sizes(examples or self.examples), seed, progress)

    def _spoken(self, seed: int, progress: Progress) -> Data:
        sizes = _sizes(self.examples)
        key = {"version": synthetic.VERSION, "seed": seed, "sizes": sizes}

        def speak() -> dict[str, npt.NDArray[Any]]:
            require_espeak()
            jobs = [b for split, n in sizes.items() for b in synthetic.batches(split, seed, n)]
            parts = run_jobs(
                synthetic.features, jobs, "speaking keywords", progress, lambda batch: batch.count
            )
            return {
                split: np.concatenate(
                    [p for p, job in zip(parts, jobs, strict=True) if job.split == split]
                )
                for split in sizes
            }

        features = cached("kws-synthetic", key, speak)
        train, validation, test = (
            Split(features[split][..., np.newaxis], synthetic.labels(clips))
            for split, clips in sizes.items()
        )
        held_out = len(voices.VALIDATION), len(voices.TEST)
        return Data(
            train,
            validation,
            test,
            classes=CLASSES,
            description=f"keywords spoken by espeak-ng in {len(voices.TRAIN)} voices, validation "
            f"and test in {held_out[0]} and {held_out[1]} others, seed {seed}",
            synthetic=True,
            held_out_by_seed=False,  # the splits' voices are always the same
        )


def _sizes(examples: int) -> dict[str, int]:
    """Clips of every split, whole turns of the classes."""
    shares = {"train": 1.0, "validation": VALIDATION_SHARE, "test": TEST_SHARE}
    turns = {split: math.ceil(share * examples / len(CLASSES)) for split, share in shares.items()}
    return {split: count * len(CLASSES) for split, count in turns.items()}


def _recorded(folder: Path, seed: int, progress: Progress) -> Data:
    progress("reading the data folder", 0, 0)
    index = index_folder(folder, seed)
    key = {
        "version": recordings.VERSION,
        "seed": seed,
        "stamp": index.stamp,
        "splits": index.splits,
    }
    arrays = cached("kws-recordings", key, lambda: _prepared(index, seed, progress))
    for place, reason in arrays["problems"]:
        index.problems.add(str(place), str(reason))
    splits = {name: _split(arrays, name) for name in index.splits}
    for name, split in splits.items():
        require_every_class(index, name, split.labels)
    parts = "its lists" if index.lists else "a hash of the speakers' names"
    noise = "" if index.noises else "; the noise is made up, there is no _background_noise_"
    return Data(
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        classes=CLASSES,
        description=f"recordings in {folder}, split by {parts}; in training each is used "
        f"{recordings.TRAIN_VERSIONS} times with other noise and shift{noise}; seed {seed}",
        synthetic=is_synthetic(folder),
        problems=index.problems.sentences,
        held_out_by_seed=False,  # lists or the speakers' names decide
    )


def _prepared(index: Index, seed: int, progress: Progress) -> dict[str, npt.NDArray[Any]]:
    jobs = [b for split in index.splits for b in recordings.batches(index, split, seed)]
    parts = run_jobs(
        recordings.prepare, jobs, "computing features", progress, lambda batch: len(batch.pairs)
    )
    arrays: dict[str, npt.NDArray[Any]] = {}
    for split in index.splits:
        own = [part for part, job in zip(parts, jobs, strict=True) if job.split == split]
        arrays[f"{split}/features"] = np.concatenate([part.features for part in own])
        arrays[f"{split}/labels"] = np.concatenate([part.labels for part in own])
    # A recording that is used twice has one problem.
    problems = sorted({problem for part in parts for problem in part.problems})
    arrays["problems"] = np.array(problems, dtype=np.str_).reshape(-1, 2)
    return arrays


def _split(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Split:
    return Split(arrays[f"{name}/features"][..., np.newaxis], arrays[f"{name}/labels"])
