"""Image folders: the area rule, the splits, and every reason to refuse a folder. No Pillow."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mcugen.errors import InputRejected
from mcugen.progress import silent
from mcugen.tasks.vww import coco
from mcugen.tasks.vww.folder import Index, index_folder, split_of
from tests.unit.tasks import vww_folders as make
from tests.unit.tasks.vww_folders import DOG, LARGE, LIMIT, PERSON, SMALL
from tests.unit.tasks.work import run_here


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(coco, "run_jobs", run_here)


def index(folder: Path, seed: int = 0, drop_small: bool = False) -> Index:
    return index_folder(folder, seed, drop_small, silent)


def kinds(folder: Path, document: object) -> dict[str, int]:
    path = make.write_annotations(folder, "train2014", document)
    return {image.name: image.kind for image in coco.annotated_images(path)}


def counts(found: Index) -> dict[str, Counter[int]]:
    return {split: Counter(label for _, label in p) for split, p in found.splits.items()}


def test_a_person_counts_from_half_a_percent(tmp_path: Path) -> None:
    boxes: dict[str, list[tuple[int, Any]]] = {
        "nothing.jpg": [],
        "dog.jpg": [(DOG, LARGE)],
        "large.jpg": [(PERSON, LARGE)],
        "limit.jpg": [(PERSON, LIMIT)],
        "small.jpg": [(PERSON, SMALL), (DOG, LARGE)],
        "many_small.jpg": [(PERSON, SMALL)] * 9,
        "small_and_large.jpg": [(PERSON, SMALL), (PERSON, LARGE), (PERSON, SMALL)],
        "flat.jpg": [(PERSON, [0, 0, 50, 0])],
    }
    assert kinds(tmp_path, make.document(boxes)) == {
        "nothing.jpg": coco.NOBODY,
        "dog.jpg": coco.NOBODY,
        "large.jpg": coco.PERSON,
        "limit.jpg": coco.PERSON,
        "small.jpg": coco.SMALL,
        "many_small.jpg": coco.SMALL,
        "small_and_large.jpg": coco.PERSON,
        "flat.jpg": coco.SMALL,
    }


def test_the_category_is_found_by_its_name_and_crowds_count(tmp_path: Path) -> None:
    document = make.document({"a.jpg": [(7, LARGE)], "b.jpg": [(1, LARGE)]})
    document["categories"] = [{"id": 1, "name": "wardrobe"}, {"id": 7, "name": "person"}]
    document["annotations"][0]["iscrowd"] = 1
    document["annotations"].append({"image_id": 5, "category_id": 7, "bbox": LARGE})
    assert kinds(tmp_path, document) == {"a.jpg": coco.PERSON, "b.jpg": coco.NOBODY}


@pytest.mark.parametrize(
    "box",
    [None, "box", [], [1, 2, 3], [0, 0, "9", 9], [0, 0, -5, 9], [0, 0, float("nan"), 9],
     [0, 0, float("inf"), 9], [0, 0, 10**400, 1], [0, 0, [9], 9]],
)  # fmt: skip
def test_boxes_that_make_no_sense(tmp_path: Path, box: object) -> None:
    boxes = {"a.jpg": [(PERSON, LARGE), (PERSON, box)], "b.jpg": [(DOG, box)]}
    assert kinds(tmp_path, make.document(boxes)) == {"a.jpg": coco.MALFORMED, "b.jpg": coco.NOBODY}


@pytest.mark.parametrize("width", [0, -1, None, "100", float("nan"), 10**9])
def test_sizes_that_make_no_sense(tmp_path: Path, width: object) -> None:
    document = make.document({"a.jpg": [(PERSON, LARGE)]})
    document["images"][0]["width"] = width
    assert kinds(tmp_path, document) == {"a.jpg": coco.MALFORMED}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "9" * 5_000,
        "[]",
        "3",
        "{}",
        '{"images": {}, "annotations": [], "categories": []}',
        '{"images": [3], "annotations": [], "categories": [{"id": 1, "name": "person"}]}',
        '{"images": [], "annotations": [null], "categories": [{"id": 1, "name": "person"}]}',
        '{"images": [], "annotations": [], "categories": [{"id": [], "name": "person"}]}',
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "dog"}]}',
        '{"images": [{"id": [], "file_name": "a"}], "annotations": [], '
        '"categories": [{"id": 1, "name": "person"}]}',
        '{"images": [{"id": 1, "file_name": {}}], "annotations": [], '
        '"categories": [{"id": 1, "name": "person"}]}',
        '{"images": [], "annotations": [{"image_id": {}, "category_id": 1}], '
        '"categories": [{"id": 1, "name": "person"}]}',
    ],
)
def test_what_is_no_annotation_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputRejected, match="no file of COCO annotations"):
        kinds(tmp_path, content)


def test_coco(tmp_path: Path) -> None:
    found = index(make.coco(tmp_path, each=40))
    assert counts(found) == {
        "train": {0: 38, 1: 38},
        "validation": {0: 2, 1: 2},
        "test": {0: 40, 1: 40},
    }
    paths = [path for pictures in found.splits.values() for path, _ in pictures]
    assert len(set(paths)) == 160
    assert all((tmp_path / path).is_file() for path in paths)
    assert found.splits["test"][1] == ("val2014/val_0_person.jpg", 1)
    assert found.source.startswith("COCO 2014")


def test_the_seed_draws_the_validation_images(tmp_path: Path) -> None:
    folder = make.coco(tmp_path, each=40)
    first, again, other = (index(folder, seed).splits["validation"] for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("place", ["images/train2017", "images", "."])
def test_where_images_may_be(tmp_path: Path, place: str) -> None:
    folder = make.coco(tmp_path, year="2017")
    (folder / place).mkdir(parents=True, exist_ok=True)
    for image in (folder / "train2017").iterdir():
        image.rename(folder / place / image.name)
    found = index(folder)
    assert len(found.splits["train"]) + len(found.splits["validation"]) == 8
    assert not found.problems


def test_files_that_are_missing_or_elsewhere(tmp_path: Path) -> None:
    folder = make.coco(tmp_path / "coco")
    (tmp_path / "secret.jpg").write_bytes(b"")
    boxes = {name: [(PERSON, LARGE)] for name in ("../../secret.jpg", "gone\x1b.jpg", "\ud800.jpg")}
    boxes |= {f"train_{i}_person.jpg": [(PERSON, LARGE)] for i in range(4)}
    boxes |= {f"train_{i}_dog.jpg": [] for i in range(4)}
    boxes |= {"broken.jpg": [(PERSON, [])]}
    (folder / "train2014" / "broken.jpg").write_bytes(b"")
    make.write_annotations(folder, "train2014", make.document(boxes))
    found = index(folder)
    assert counts(found)["train"] == {0: 3, 1: 3}
    assert sorted(found.problems.sentences) == [
        "1 file left out: its size or boxes in the annotations make no sense "
        "(such as train2014/broken.jpg)",
        "3 files left out: annotated, but not there (such as train2014/../../secret.jpg)",
    ]


def test_small_persons_are_dropped_if_asked(tmp_path: Path) -> None:
    folder = make.coco(tmp_path)
    path = folder / "annotations" / "instances_train2014.json"
    document = json.loads(path.read_text())
    for annotation in document["annotations"]:
        if annotation["image_id"] == 1000:
            annotation["bbox"] = SMALL
    path.write_text(json.dumps(document))
    with_small, without = index(folder), index(folder, drop_small=True)
    assert [len(found.splits["train"]) for found in (with_small, without)] == [6, 5]
    assert [len(found.problems) for found in (with_small, without)] == [0, 1]


def test_half_a_set_is_refused(tmp_path: Path) -> None:
    folder = make.coco(tmp_path)
    (folder / "annotations" / "instances_val2014.json").unlink()
    with pytest.raises(InputRejected, match=r"has no instances_val2014\.json"):
        index(folder)
    (folder / "annotations" / "instances_train2014.json").unlink()
    with pytest.raises(InputRejected, match=r"has no instances_train2014\.json"):
        index(folder)


def test_annotations_without_images(tmp_path: Path) -> None:
    folder = make.coco(tmp_path)
    for image in (folder / "val2014").iterdir():
        image.unlink()
    with pytest.raises(InputRejected, match="no usable non_person and no person image") as caught:
        index(folder)
    assert "8 files left out: annotated, but not there" in caught.value.hint


@pytest.mark.parametrize("inner", [".", "vww_coco2014_96"])
def test_folders_of_classes(tmp_path: Path, inner: str) -> None:
    make.by_class(tmp_path / inner)
    (tmp_path / inner / "person" / "notes.txt").write_text("no image")
    (tmp_path / inner / "person" / "._0.jpg").write_text("another system's")
    found = index(tmp_path)
    assert counts(found) == {split: {0: 2, 1: 2} for split in found.splits}
    assert list(found.splits) == ["train", "validation", "test"]
    for split, pictures in found.splits.items():
        for path, label in pictures:
            assert (tmp_path / path).is_file()
            assert ("non_person" in path) == (label == 0)
            assert split_of(Path(path).name) == split


def test_the_hash_gives_80_10_10() -> None:
    shares = Counter(split_of(f"{i}.jpg") for i in range(2_000))
    assert shares["train"] == pytest.approx(1_600, abs=60)
    assert shares["test"] == pytest.approx(200, abs=45)


def test_the_stamp_follows_the_files(tmp_path: Path) -> None:
    before = index(make.by_class(tmp_path)).stamp
    assert index(tmp_path).stamp == before
    (tmp_path / "person" / next(make.names("test"))).write_bytes(b"another")
    assert index(tmp_path).stamp != before


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="is not a folder"):
        index(tmp_path / "nowhere")
    with pytest.raises(InputRejected, match="layout that is known"):
        index(tmp_path)
    (tmp_path / "one" / "person").mkdir(parents=True)
    with pytest.raises(InputRejected, match="no folder non_person"):
        index(tmp_path)
    make.by_class(tmp_path / "two")
    with pytest.raises(InputRejected, match="several sets of images: one, two"):
        index(tmp_path)


def test_an_empty_class_is_refused(tmp_path: Path) -> None:
    make.by_class(tmp_path)
    for image in (tmp_path / "person").iterdir():
        image.unlink()
    with pytest.raises(InputRejected, match="no usable person image for the train split"):
        index(tmp_path)
