"""Finds the recordings of a machine in the folders that data sets come in.

DCASE 2020 task 2: `train/normal_id_00_00000000.wav`, `test/anomaly_id_00_00000000.wav`.
MIMII: `id_00/normal/00000000.wav`, `id_00/abnormal/00000000.wav`.
ToyADMOS: `case1/NormalSound_IND/*.wav`, `case1/AnomalousSound_IND/*.wav`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mcugen.errors import InputRejected
from mcugen.text import printable

DCASE = re.compile(r"(normal|anomaly)_id_(\d+)_\d+\.wav", re.IGNORECASE)
MIMII = re.compile(r"id_(\d+)", re.IGNORECASE)
TOYADMOS = re.compile(r"case\d+", re.IGNORECASE)

LAYOUTS = """DCASE: train/normal_id_00_00000000.wav and test/anomaly_id_00_00000000.wav
MIMII: id_00/normal/*.wav and id_00/abnormal/*.wav
ToyADMOS: case1/NormalSound_IND/*.wav and case1/AnomalousSound_IND/*.wav"""


@dataclass(frozen=True)
class Found:
    """A recording: which unit of the machine, whether abnormal, and for which split."""

    path: Path
    machine: str
    abnormal: bool
    for_test: bool


def find_recordings(folder: Path, seed: int) -> list[Found]:
    """The recordings in `folder`, which is of one machine type, in a fixed order.

    Where the data set itself holds nothing out for testing, all abnormal recordings are, and as
    many normal ones of the same unit, drawn by `seed` (half of them at most). Raises InputRejected.
    """
    if not folder.is_dir():
        raise InputRejected(
            f"there is no folder {folder}", "leave --data out for synthetic machines"
        )
    try:
        for layout in (_dcase, _mimii, _toyadmos):
            found = sorted(layout(folder), key=lambda f: f.path)
            if found:
                return _checked(folder, found if layout is _dcase else _held_out(found, seed))
        inner = [p for p in sorted(folder.iterdir()) if p.is_dir() and _has_recordings(p)]
    except OSError as error:
        raise InputRejected(
            f"{error.filename} cannot be read: {error.strerror or error}", "check its permissions"
        ) from None
    if inner:
        names = ", ".join(printable(p.name) for p in inner)
        raise InputRejected(
            f"{folder} holds folders of machine types: {names}",
            f"give the folder of one, for example --data {inner[0]}",
        )
    raise InputRejected(f"{folder} has no recordings in a layout that is known", LAYOUTS)


def _has_recordings(folder: Path) -> bool:
    return any(any(layout(folder)) for layout in (_dcase, _mimii, _toyadmos))


def _dcase(folder: Path) -> Iterator[Found]:
    for split in ("train", "test"):
        for path in _wav_files(folder / split):
            match = DCASE.fullmatch(path.name)
            if match:
                abnormal = match[1].lower() == "anomaly"
                yield Found(path, f"id_{match[2]}", abnormal, split == "test")


def _mimii(folder: Path) -> Iterator[Found]:
    return _in_folders(folder, MIMII, {"normal": False, "abnormal": True})


def _toyadmos(folder: Path) -> Iterator[Found]:
    return _in_folders(folder, TOYADMOS, {"NormalSound_IND": False, "AnomalousSound_IND": True})


def _in_folders(folder: Path, unit: re.Pattern[str], kinds: dict[str, bool]) -> Iterator[Found]:
    for inner in folder.iterdir():
        if inner.is_dir() and unit.fullmatch(inner.name):
            for name, abnormal in kinds.items():
                for path in _wav_files(inner / name):
                    yield Found(path, inner.name, abnormal, abnormal)


def _wav_files(folder: Path) -> Iterator[Path]:
    """Those in `folder`, which need not exist."""
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.suffix.lower() == ".wav")


def _held_out(found: list[Found], seed: int) -> list[Found]:
    rng = np.random.default_rng(seed)
    result = list(found)
    for units in _by_machine(found).values():
        normal = [i for i in units if not found[i].abnormal]
        count = min(len(units) - len(normal), len(normal) // 2)
        for i in rng.permutation(normal)[:count]:
            result[i] = replace(found[i], for_test=True)
    return result


def _checked(folder: Path, found: list[Found]) -> list[Found]:
    train = {f.machine for f in found if not f.for_test and not f.abnormal}
    if not train:
        raise InputRejected(f"{folder} has no normal recordings to train on", LAYOUTS)
    # What a network cannot have learnt to tell apart has no score of its own.
    used = [f for f in found if f.machine in train and (f.for_test or not f.abnormal)]
    test = {f.abnormal for f in used if f.for_test}
    if test != {False, True}:
        missing = "normal" if False not in test else "abnormal"
        raise InputRejected(
            f"{folder} has no {missing} recordings to test with, of units that it trains on",
            LAYOUTS,
        )
    return used


def _by_machine(found: Iterable[Found]) -> dict[str, list[int]]:
    result: dict[str, list[int]] = defaultdict(list)
    for i, f in enumerate(found):
        result[f.machine].append(i)
    return result
