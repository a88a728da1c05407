"""Small image folders in the layouts that vww reads. Images are whatever bytes the test gives."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcugen.tasks.vww.folder import split_of

PERSON, DOG = 1, 18

# Images of 100 x 100 pixels: boxes of 50 square pixels are 0.5 %.
LARGE, LIMIT, SMALL = [0, 0, 50, 50], [3, 3, 10, 5], [3, 3, 7, 7]


def names(split: str) -> Iterator[str]:
    """File names that the hash places into the split."""
    return (n for n in (f"{i}.jpg" for i in itertools.count()) if split_of(n) == split)


def by_class(folder: Path, content: bytes = b"", each: int = 2) -> Path:
    """MLPerf Tiny's layout: so many images of each class in every split."""
    for kind in ("person", "non_person"):
        (folder / kind).mkdir(parents=True)
        for split in ("train", "validation", "test"):
            for name in itertools.islice(names(split), each):
                (folder / kind / name).write_bytes(content)
    return folder


def document(boxes: dict[str, list[tuple[int, Any]]]) -> dict[str, list[Any]]:
    """COCO annotations: (category, box) of every image, by file name."""
    return {
        "images": [
            {"id": 1000 + i, "file_name": name, "width": 100, "height": 100}
            for i, name in enumerate(boxes)
        ],
        "annotations": [
            {"image_id": 1000 + i, "category_id": category, "bbox": box, "iscrowd": 0}
            for i, of_image in enumerate(boxes.values())
            for category, box in of_image
        ],
        "categories": [{"id": DOG, "name": "dog"}, {"id": PERSON, "name": "person"}],
    }


def coco(folder: Path, content: bytes = b"", each: int = 4, year: str = "2014") -> Path:
    """COCO's layout: so many images with and without persons for training and for testing."""
    for part in ("train", "val"):
        boxes: dict[str, list[tuple[int, Any]]] = {}
        for i in range(each):
            boxes[f"{part}_{i}_person.jpg"] = [(DOG, SMALL), (PERSON, LARGE)]
            boxes[f"{part}_{i}_dog.jpg"] = [(DOG, LARGE)]
        write_annotations(folder, part + year, document(boxes))
        (folder / (part + year)).mkdir()
        for name in boxes:
            (folder / (part + year) / name).write_bytes(content)
    return folder


def write_annotations(folder: Path, part: str, content: object) -> Path:
    path = folder / "annotations" / f"instances_{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
