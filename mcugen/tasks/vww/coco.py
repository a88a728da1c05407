"""COCO's annotations: which images show a person who is large enough.

Source of the rule: Chowdhery et al., "Visual Wake Words Dataset", 2019. As in its scripts, a crowd
counts like a person.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.errors import InputRejected
from mcugen.progress import Progress
from mcugen.tasks.cache import cached
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.problems import Problems

PERSON_SHARE = 0.005
"""Of the image's area, which a person's box covers at least."""

YEARS = ("2014", "2017")
"""In the order of preference: MicroNets are trained on 2014."""

SUFFIXES = (".jpg", ".jpeg", ".png")

MOST_UNITS = 1e6
"""Of an image's side in pixels, and of a box's."""

NOBODY, SMALL, PERSON, MALFORMED = range(4)
"""What annotations say of an image; each outweighs the ones before it.

No person, only ones that are too small to count, one that counts, or what makes no sense.
"""


@dataclass(frozen=True)
class Annotated:
    """An image's file name and what its annotations say."""

    name: str
    kind: int


def read(
    folder: Path, drop_small: bool, problems: Problems, progress: Progress
) -> tuple[list[tuple[str, int]], list[tuple[str, int]], str]:
    """Images for training and for testing as (path, class), and the data set's year.

    Raises InputRejected for annotations that are missing or are no COCO annotations.
    """
    year, files = _annotation_files(folder)
    train, test = (
        _usable(folder, part + year, annotated, drop_small, problems)
        for part, annotated in zip(("train", "val"), _read_all(files, progress), strict=True)
    )
    return train, test, year


def images_in(folder: Path) -> list[str]:
    """Names of the JPEG and PNG files, sorted."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.lower().endswith(SUFFIXES)
            and not entry.name.startswith(".")
            and entry.is_file()
        )


def annotated_images(path: Path) -> list[Annotated]:
    """What a file of annotations says of every image, sorted by name. Raises InputRejected."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputRejected(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise _no_coco(path, "it is not JSON, or was cut short") from None
    person = _person(path, document)
    areas, names = {}, {}
    for image in _objects(path, document, "images"):
        identity, name = image.get("id"), image.get("file_name")
        if not isinstance(identity, int) or not isinstance(name, str):
            raise _no_coco(path, "an image has no id or no file_name")
        names[identity] = name
        areas[identity] = _area(image.get("width"), image.get("height")) or 0.0
    kinds = {identity: NOBODY if area else MALFORMED for identity, area in areas.items()}
    for annotation in _objects(path, document, "annotations"):
        identity, category = annotation.get("image_id"), annotation.get("category_id")
        if not isinstance(identity, int) or not isinstance(category, int):
            raise _no_coco(path, "an annotation has no image_id or no category_id")
        # Annotations of images that are not in the list are those of a larger set.
        if category == person and identity in kinds:
            kinds[identity] = max(kinds[identity], _kind(annotation, areas[identity]))
    return sorted(
        (Annotated(name, kinds[identity]) for identity, name in names.items()),
        key=lambda annotated: annotated.name,
    )


def _kind(annotation: Mapping[str, Any], image_area: float) -> int:
    """What a person's annotation makes of its image."""
    box = annotation.get("bbox")
    area = _area(*box[2:]) if isinstance(box, list) and len(box) == 4 else None
    if area is None:
        return MALFORMED
    return PERSON if area >= PERSON_SHARE * image_area else SMALL


def _area(width: object, height: object) -> float | None:
    """In pixels; None if these are not two sizes. Some boxes of COCO have no height."""
    product = 1.0
    for size in (width, height):
        if not isinstance(size, int | float) or not 0 <= size < MOST_UNITS:
            return None
        product *= size
    return product


def _person(path: Path, document: object) -> int:
    for category in _objects(path, document, "categories"):
        identity = category.get("id")
        if category.get("name") == "person" and isinstance(identity, int):
            return identity
    raise _no_coco(path, "it has no category person")


def _objects(path: Path, document: object, name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of one of the document's lists."""
    entries = document.get(name) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise _no_coco(path, f"it has no list of {name}")
    for entry in entries:
        if not isinstance(entry, dict):
            raise _no_coco(path, f"an entry of {name} is no object")
        yield entry


def _no_coco(path: Path, reason: str) -> InputRejected:
    return InputRejected(
        f"{path} is no file of COCO annotations: {reason}",
        "unpack annotations_trainval2014.zip or annotations_trainval2017.zip anew",
    )


def _annotation_files(folder: Path) -> tuple[str, tuple[Path, Path]]:
    inside = folder / "annotations"
    missing = []
    for year in YEARS:
        train, test = (inside / f"instances_{part}{year}.json" for part in ("train", "val"))
        there = [path.is_file() for path in (train, test)]
        if all(there):
            return year, (train, test)
        if any(there):
            missing.append(test.name if there[0] else train.name)
    raise InputRejected(
        f"{inside} has no {' and no '.join(missing) or 'instances_train2014.json'}",
        "both instances_train….json and instances_val….json are needed, of one year",
    )


def _read_all(files: tuple[Path, Path], progress: Progress) -> list[list[Annotated]]:
    """The annotations of both files, kept: they are large, and take long to read.

    They are read in processes of their own, whose memory is free again thereafter.
    """

    def make() -> dict[str, Any]:
        arrays: dict[str, Any] = {}
        done = run_jobs(annotated_images, files, "reading annotations", progress)
        for i, of_file in enumerate(done):
            # As JSON: an array of strings would drop zero characters that a name ends with.
            arrays[f"names {i}"] = np.array(json.dumps([a.name for a in of_file]))
            arrays[f"kinds {i}"] = np.array([a.kind for a in of_file], np.int8)
        return arrays

    identities = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    arrays = cached("vww-annotations", {"rule": PERSON_SHARE, "files": identities}, make)
    return [
        [
            Annotated(name, int(kind))
            for name, kind in zip(
                json.loads(str(arrays[f"names {i}"])), arrays[f"kinds {i}"], strict=True
            )
        ]
        for i in range(len(files))
    ]


def _usable(
    folder: Path, part: str, annotated: list[Annotated], drop_small: bool, problems: Problems
) -> list[tuple[str, int]]:
    """The images whose file is there and whose class is known, as (path, class).

    A file name is only ever looked up among the names of files that are there.
    """
    places: dict[str, str] = {}
    for place in (part, f"images/{part}", "images", "."):
        if (folder / place).is_dir():
            for name in images_in(folder / place):
                places.setdefault(name, name if place == "." else f"{place}/{name}")
    usable = {}
    for image in annotated:
        if image.name not in places:
            problems.add(f"{part}/{image.name}", "annotated, but not there")
        elif image.kind == MALFORMED:
            problems.add(places[image.name], "its size or boxes in the annotations make no sense")
        elif image.kind == SMALL and drop_small:
            problems.add(places[image.name], "all persons in it are too small to count")
        else:
            usable[places[image.name]] = int(image.kind == PERSON)
    return list(usable.items())
