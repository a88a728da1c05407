"""What must hold for a task's data before a network is trained on it."""

from __future__ import annotations

import math

import numpy as np

from mcugen.errors import InputRejected
from mcugen.memory import available_bytes
from mcugen.tasks.base import Data, Shape, Split

SLACK = 1.1
"""How much larger a training set is in TensorFlow, which copies it."""


def check_data(data: Data, input_shape: Shape, task: str) -> None:
    """Raises InputRejected, naming split and class, for data that nothing can be learnt from."""
    for name in ("train", "validation", "test"):
        split: Split = getattr(data, name)
        place = f"task {task}, {name} split"
        if not len(split):
            raise InputRejected(f"{place}: it is empty", "mcugen data check  shows what was read")
        if split.features.shape[1:] != tuple(input_shape):
            raise InputRejected(
                f"{place}: the examples have shape {list(split.features.shape[1:])}, "
                f"the network takes {list(input_shape)}",
                "name an architecture for these examples",
            )
        if split.features.dtype != np.float32:
            raise InputRejected(
                f"{place}: the examples are {split.features.dtype}, not float32",
                "the task's load should give features.astype(np.float32)",
            )
        bad = int(np.count_nonzero(~_finite(split)))
        if bad:
            raise InputRejected(
                f"{place}: {bad:,} of {len(split):,} examples have values that are not finite"
            )
        if data.target == "labels":
            _check_labels(split, data, place, every=name == "train")


def check_memory(data: Data, task: str) -> None:
    """Raises InputRejected if TensorFlow's copy of the training examples would not fit."""
    needed, free = int(SLACK * data.train.features.nbytes), available_bytes()
    if free is not None and needed > free:
        raise InputRejected(
            f"task {task}: training takes another {needed / 1e9:.1f} GB of memory for "
            f"{len(data.train):,} examples, and {free / 1e9:.1f} GB are free",
            "train on fewer examples, or a network of a smaller input",
        )


def _finite(split: Split) -> np.ndarray:
    """[examples]: whether all values are finite; by parts, so that no large copy is made."""
    flat = split.features.reshape(len(split), -1)
    parts = np.array_split(flat, math.ceil(flat.size / 10_000_000))
    return np.concatenate([np.isfinite(part).all(axis=1) for part in parts])


def _check_labels(split: Split, data: Data, place: str, every: bool) -> None:
    classes = len(data.classes)
    if split.labels.shape != (len(split),):
        raise InputRejected(f"{place}: {len(split):,} examples, {split.labels.size:,} labels")
    if split.labels.dtype.kind not in "iu":
        raise InputRejected(
            f"{place}: the labels are {split.labels.dtype}, not whole numbers",
            "the task's load should give labels.astype(np.int32)",
        )
    if split.labels.min() < 0 or split.labels.max() >= classes:
        raise InputRejected(
            f"{place}: labels from {split.labels.min()} to {split.labels.max()}; "
            f"{classes} classes have labels from 0 to {classes - 1}"
        )
    counts = np.bincount(split.labels, minlength=classes)
    if every and not counts.all():
        missing = ", ".join(data.classes[i] for i in np.flatnonzero(counts == 0))
        raise InputRejected(
            f"{place}: no example of the class {missing}", "add some, or leave the class out"
        )
