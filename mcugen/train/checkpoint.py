"""Checkpoints: plain arrays and a JSON description in one .npz file, replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.samples import UNREADABLE
from mcugen.text import printable

FORMAT = "mcugen-checkpoint"
VERSION = 1
ABOUT = "about"

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A stage of training after an epoch.

    `weights` are the network's, `best` those of its best epoch, `optimizer` the optimizer's state,
    all by stable names. `about` is JSON-able: stage, architecture, history.
    """

    weights: Arrays
    best: Arrays
    optimizer: Arrays
    about: dict[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file at `path`; whoever is killed in the middle leaves the old one there."""
    about = {"format": FORMAT, "version": VERSION} | checkpoint.about
    arrays = {ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for group in ("weights", "best", "optimizer"):
        arrays |= {f"{group}/{name}": a for name, a in getattr(checkpoint, group).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads what `write_checkpoint` wrote; raises InputRejected for anything else."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays: Mapping[str, npt.NDArray[Any]] = {name: file[name] for name in file.files}
        about = json.loads(bytes(arrays[ABOUT]))
        if about.pop("format") != FORMAT or about.pop("version") != VERSION:
            raise ValueError("another format or version")
        _check(arrays)
    except (*UNREADABLE, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno:
            raise InputRejected(f"cannot read '{path}': {error.strerror}") from None
        raise InputRejected(
            f"'{path}' is not a checkpoint of this version of mcugen: {error}",
            "give the .npz file in a run's folder checkpoints/, or the run's folder",
        ) from None
    groups = {
        group: {
            name.removeprefix(f"{group}/"): array
            for name, array in arrays.items()
            if name.startswith(f"{group}/")
        }
        for group in ("weights", "best", "optimizer")
    }
    return Checkpoint(about=about, **groups)


def _check(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raises ValueError for arrays that no network consists of."""
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise ValueError(f"'{printable(name)}' holds no numbers")
        if not name.startswith("optimizer/") and not np.isfinite(array).all():
            raise ValueError(f"'{printable(name)}' has values that are not finite")


def weights_of(model: Any) -> Arrays:
    """All variables of a Keras model, by their paths."""
    return {variable.path: variable.value.numpy() for variable in model.variables}


def set_weights(model: Any, weights: Mapping[str, npt.NDArray[Any]], origin: str) -> None:
    """Sets all variables; raises InputRejected, naming `origin`, where the model has others."""
    check_weights(model, weights, origin)
    for variable in model.variables:
        variable.assign(weights[variable.path])


def check_weights(model: Any, weights: Mapping[str, npt.NDArray[Any]], origin: str) -> None:
    """Raises InputRejected, naming `origin`, unless these are a model's variables."""
    for variable in model.variables:
        array = weights.get(variable.path)
        shape = tuple(variable.shape)
        if array is None or array.shape != shape:
            found = "is missing" if array is None else f"has shape {array.shape}"
            raise InputRejected(
                f"{origin} is of another network: '{variable.path}' of shape {shape} {found}",
                "name the architecture, task and bits that it was trained with",
            )
