"""Data folders: writing a task's offline set, and checking one before a training."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.tasks.base import Split
from mcugen.tasks.registry import load_task
from mcugen.train.checks import check_data


@dataclass(frozen=True)
class SynthesizedData:
    """Outcome of `synthesize_data`."""

    task: str
    output: Path
    seed: int
    files: int
    size_bytes: int


@dataclass(frozen=True)
class SplitCounts:
    """What a split holds. `recordings` and `anomalous` are None where a task scores examples."""

    examples: int
    by_class: dict[str, int]
    recordings: int | None = None
    anomalous: int | None = None


@dataclass(frozen=True)
class CheckedData:
    """What a training would find in a folder. `splits` are train, validation and test."""

    task: str
    folder: Path
    description: str
    synthetic: bool
    seed: int
    input_shape: tuple[int, ...]
    splits: dict[str, SplitCounts]
    problems: tuple[str, ...]


def synthesize_data(
    task: str,
    output: str | os.PathLike[str],
    *,
    examples: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> SynthesizedData:
    """Writes the offline set of a task into the new folder `output`, whole or not at all.

    `examples` is the number of training examples, validation and test in proportion; None: the
    task's usual number. The same arguments give the same files. Raises InputRejected for a folder
    that holds something already and for a task that has no such set.
    """
    loaded = load_task(task)
    folder = Path(output)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputRejected(f"{folder} exists already", "choose another folder with -o")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".mcugen-") as name:
            fresh = Path(name) / "data"
            fresh.mkdir()
            loaded.synthesize(fresh, examples=examples, seed=seed, progress=progress)
            os.replace(fresh, folder)
    except OSError as error:
        raise McugenError(
            f"cannot write {folder}: {error.strerror or error}", "choose another folder with -o"
        ) from None
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return SynthesizedData(loaded.name, folder, seed, len(sizes), sum(sizes))


def check_data_folder(
    task: str,
    folder: str | os.PathLike[str],
    *,
    architecture: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> CheckedData:
    """Loads a folder as a training of `architecture` would and tells what was found.

    By default for the task's usual architecture. Features are cached, so that a training with the
    same seed begins at once. Raises InputRejected for a folder that cannot be used, and for data
    that a training would refuse.
    """
    loaded = load_task(task)
    shape = tuple(read_architecture(architecture or loaded.architecture).input)
    data = loaded.load(Path(folder), shape, seed=seed, progress=progress)
    check_data(data, shape, loaded.name)
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    return CheckedData(
        task=loaded.name,
        folder=Path(folder),
        description=data.description,
        synthetic=data.synthetic,
        seed=seed,
        input_shape=shape,
        splits={name: _counts(split, data.classes) for name, split in splits.items()},
        problems=data.problems,
    )


def _counts(split: Split, classes: tuple[str, ...]) -> SplitCounts:
    counts = np.bincount(split.labels, minlength=len(classes))
    return SplitCounts(
        examples=len(split),
        by_class={name: int(count) for name, count in zip(classes, counts, strict=True)},
        recordings=None if split.clips is None else len(np.unique(split.clips)),
        anomalous=None if split.anomalous is None else int(np.sum(split.anomalous)),
    )
