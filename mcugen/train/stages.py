"""The stages of a run, and the files that hold what they have trained. Needs no TensorFlow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mcugen.errors import InputRejected
from mcugen.tasks.base import Recipe

FLOAT, QAT, TEACHER = "float", "qat", "teacher"
"""Stages; each has its checkpoint."""

CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class Stage:
    """One stage of training; `name` also names its checkpoint. For the rest see `Recipe`."""

    name: str
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    patience: int
    seed: int
    quantized: bool = False

    @property
    def advice(self) -> str:
        """What to do when it breaks down; it would again, so that resuming does not help."""
        if self.quantized:
            return (
                "give a lower --qat-learning-rate, in another folder: -o NEW --from this one's\n"
                "or begin anew here: --force"
            )
        return "give a lower --learning-rate, and --force or another folder with -o"

    @classmethod
    def of(cls, name: str, recipe: Recipe, seed: int, *, quantized: bool = False) -> Stage:
        """The stage as a recipe has it, for the float network or for the quantized one."""
        return cls(
            name=name,
            epochs=recipe.qat_epochs if quantized else recipe.epochs,
            batch=recipe.batch,
            learning_rate=recipe.qat_learning_rate if quantized else recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            label_smoothing=recipe.label_smoothing,
            patience=recipe.patience,
            seed=seed,
            quantized=quantized,
        )


def checkpoint_of(path: Path, stages: tuple[str, ...]) -> Path:
    """The file of a checkpoint, which may be named by its run's folder: the first of `stages`."""
    if not path.is_dir():
        return path
    files = [path / CHECKPOINTS / f"{stage}.npz" for stage in stages]
    found = [file for file in files if file.exists()]
    if not found:
        raise InputRejected(
            f"'{path}' has no checkpoint of the stage {' or '.join(stages)}",
            "give the folder of a run: what mcugen train -o has written",
        )
    return found[0]


def is_trained(teacher: str) -> bool:
    """Whether a teacher's name means a file or a folder, not an architecture to train first."""
    return teacher.endswith((".keras", ".h5", ".npz")) or Path(teacher).is_dir()


def input_files(task: str | None, teacher: str | None, start: str | None) -> dict[str, Path]:
    """The files that a run reads beside its data, by what they are to it.

    `task` is given as a path. Raises InputRejected for a folder that is no run's.
    """
    files = {}
    if task is not None:
        files["task"] = Path(task)
    if teacher is not None and is_trained(teacher):
        files["teacher"] = checkpoint_of(Path(teacher), (FLOAT,))
    elif teacher is not None and teacher.endswith(".json"):
        files["teacher"] = Path(teacher)
    if start is not None:
        files["start"] = checkpoint_of(Path(start), (FLOAT, TEACHER))
    return files


def sha256_of_file(path: Path) -> str:
    """The file's hash; raises InputRejected if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputRejected(f"cannot read '{path}': {error.strerror or error}") from None
