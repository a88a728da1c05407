"""Image folders: COCO's, or one with a folder for each class.

COCO: annotations/instances_train2014.json, train2014/*.jpg, and the same for val2014; or 2017.
MLPerf Tiny: person/*.jpg and non_person/*.jpg, as in its vw_coco2014_96.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.errors import InputRejected
from mcugen.progress import Progress
from mcugen.tasks import hash_split
from mcugen.tasks.base import Labels
from mcugen.tasks.problems import Problems
from mcugen.tasks.vww import coco
from mcugen.text import printable

CLASSES = ("non_person", "person")

VALIDATION_SHARE = 0.05
"""Of COCO's images for training."""

LAYOUTS = """COCO: annotations/instances_{train,val}2014.json, train2014/*.jpg and val2014/*.jpg
MLPerf Tiny: person/*.jpg and non_person/*.jpg
or leave --data out for drawn scenes"""

Pictures = list[tuple[str, int]]
"""Paths inside the folder, and classes."""


@dataclass(frozen=True, eq=False)
class Index:
    """What a folder has to offer. `source` says which data set it is and what splits it.

    `stamp` changes when an image does.
    """

    folder: Path
    splits: dict[str, Pictures]
    source: str
    stamp: str
    problems: Problems


def index_folder(folder: Path, seed: int, drop_small: bool, progress: Progress) -> Index:
    """The index of `folder`; `seed` draws validation images where the data set has none.

    With `drop_small`, images of COCO whose persons are all too small to count are left out instead
    of being without persons. Raises InputRejected.
    """
    problems = Problems()
    try:
        if not folder.is_dir():
            raise InputRejected(f"{folder} is not a folder", LAYOUTS)
        if (folder / "annotations").is_dir():
            splits, year = _coco(folder, seed, drop_small, problems, progress)
            source = f"COCO {year}, validation drawn from its training images by seed {seed}"
        else:
            splits = _by_class(folder)
            source = "split by a hash of the files' names"
        stamp = _stamp(folder, splits.values())
    except OSError as error:
        raise InputRejected(
            f"{error.filename} cannot be read: {error.strerror or error}", "check its permissions"
        ) from None
    index = Index(folder, splits, source, stamp, problems)
    for split, pictures in splits.items():
        require_both_classes(index, split, np.array([label for _, label in pictures], np.int32))
    return index


def require_both_classes(index: Index, split: str, labels: Labels) -> None:
    """Raises InputRejected if a class has no image in the split."""
    missing = [name for label, name in enumerate(CLASSES) if label not in labels]
    if missing:
        raise InputRejected(
            f"{index.folder} has no usable {' and no '.join(missing)} image for the {split} split",
            "\n".join([*index.problems.sentences[:3], "more images are needed", LAYOUTS]),
        )


def split_of(name: str) -> str:
    """The split of an image by its file's name."""
    return hash_split.split_of(os.fsencode(name))


def _by_class(folder: Path) -> dict[str, Pictures]:
    base = _with_classes(folder)
    prefix = "" if base == folder else f"{base.name}/"
    splits: dict[str, Pictures] = {"train": [], "validation": [], "test": []}
    for label, kind in enumerate(CLASSES):
        for name in coco.images_in(base / kind):
            splits[split_of(name)].append((f"{prefix}{kind}/{name}", label))
    return splits


def _with_classes(folder: Path) -> Path:
    """`folder`, or the one inside it, that has the classes' folders."""
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [path for path in (folder, *inner) if any((path / kind).is_dir() for kind in CLASSES)]
    if not found:
        raise InputRejected(f"{folder} has no images in a layout that is known", LAYOUTS)
    if len(found) > 1 and found[0] != folder:
        names = ", ".join(printable(path.name) for path in found[:8])
        raise InputRejected(
            f"{folder} holds several sets of images: {names}", f"choose one: --data {found[0]}"
        )
    missing = [kind for kind in CLASSES if not (found[0] / kind).is_dir()]
    if missing:
        raise InputRejected(f"{found[0]} has no folder {missing[0]}", LAYOUTS)
    return found[0]


def _coco(
    folder: Path, seed: int, drop_small: bool, problems: Problems, progress: Progress
) -> tuple[dict[str, Pictures], str]:
    learnt, test, year = coco.read(folder, drop_small, problems, progress)
    rng = np.random.default_rng(seed)
    held_out: set[int] = set()
    for label in range(len(CLASSES)):
        own = [i for i, (_, of_image) in enumerate(learnt) if of_image == label]
        count = int(np.ceil(VALIDATION_SHARE * len(own)))
        held_out.update(rng.permutation(own)[:count].tolist())
    return {
        "train": [picture for i, picture in enumerate(learnt) if i not in held_out],
        "validation": [picture for i, picture in enumerate(learnt) if i in held_out],
        "test": test,
    }, year


def _stamp(folder: Path, splits: Iterable[Pictures]) -> str:
    digest = hashlib.sha256()
    for pictures in splits:
        for path, label in pictures:
            status = os.stat(folder / path)
            line = f"{path}\0{label}\0{status.st_size}\0{status.st_mtime_ns}\0"
            digest.update(os.fsencode(line))
    return digest.hexdigest()
