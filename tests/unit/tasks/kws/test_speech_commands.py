"""The index of a Speech Commands folder, and every reason to refuse one."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.tasks.kws.labels import CLASSES, OTHER_WORDS, SILENCE, UNKNOWN, WORDS
from mcugen.tasks.kws.speech_commands import index_folder
from tests.unit.tasks.kws.folders import TEST, TRAIN, VALIDATION, beep, write_folder, write_lists


def test_the_classes() -> None:
    assert CLASSES[SILENCE] == "silence"
    assert CLASSES[UNKNOWN] == "unknown"
    assert CLASSES[2:] == WORDS
    assert len({*WORDS, *OTHER_WORDS}) == 35


def test_every_class_in_every_split(tmp_path: Path) -> None:
    index = index_folder(write_folder(tmp_path), seed=0)
    for pairs in index.splits.values():
        assert Counter(label for _, label in pairs) == dict.fromkeys(range(12), 1)
    assert index.noises == ("_background_noise_/fan.wav",)
    assert not index.lists


def test_the_hash_is_that_of_the_data_set(tmp_path: Path) -> None:
    """Speakers of the official test list, as the data set's own hash places them."""
    official = ["97f4c236", "f2e59fea", "fdb5155e", "dc75148d", "3f170018", "18f8afd5", "e1469561"]
    folder = write_folder(tmp_path, (TRAIN, VALIDATION, TEST, *official))
    index = index_folder(folder, seed=0)
    yes = {split: {p for p, label in pairs if label == 2} for split, pairs in index.splits.items()}
    assert yes["train"] == {f"yes/{TRAIN}_nohash_0.wav"}
    assert yes["validation"] == {f"yes/{VALIDATION}_nohash_0.wav"}
    assert yes["test"] == {f"yes/{speaker}_nohash_0.wav" for speaker in (TEST, *official)}


def test_lists_decide_where_there_are_some(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    write_lists(
        folder,
        validation=[f"{word}/{TEST}_nohash_0.wav" for word in (*WORDS, "cat")],
        test=[f"{word}/{TRAIN}_nohash_0.wav" for word in (*WORDS, "cat")] + ["go/gone.wav"],
    )
    index = index_folder(folder, seed=0)
    assert index.lists
    assert (f"yes/{TRAIN}_nohash_0.wav", 2) in index.splits["test"]
    assert (f"yes/{VALIDATION}_nohash_0.wav", 2) in index.splits["train"]
    assert index.problems.sentences == (
        "1 file left out: named in testing_list.txt, but not there (such as go/gone.wav)",
    )


def test_unknown_words_are_a_tenth_and_drawn_by_the_seed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    for i in range(50):
        (folder / "cat" / f"{TRAIN}_nohash_{i}.wav").write_bytes(b"")
        for word in WORDS[:2]:
            (folder / word / f"{TRAIN}_nohash_{i}.wav").write_bytes(b"")

    def unknown(seed: int) -> list[str]:
        pairs = index_folder(folder, seed).splits["train"]
        return [path for path, label in pairs if label == UNKNOWN]

    assert len(unknown(0)) == 11  # of 108 recordings of the ten words
    assert unknown(0) == unknown(0) != unknown(1)


def test_the_stamp_follows_the_files(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    before = index_folder(folder, seed=0).stamp
    assert index_folder(folder, seed=1).stamp == before
    (folder / "go" / f"{TRAIN}_nohash_0.wav").write_bytes(beep(440, seconds=0.3))
    assert index_folder(folder, seed=0).stamp != before


def test_files_that_are_not_there_or_have_no_name_are_counted(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    before = index_folder(folder, seed=0)
    (folder / "go" / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    (folder / "go" / "loop.wav").symlink_to(folder / "go" / "loop.wav")
    Path(os.fsdecode(os.fsencode(folder / "yes") + b"/\xff_nohash_0.wav")).write_bytes(beep(440))
    index = index_folder(folder, seed=0)
    assert index.splits == before.splits and index.stamp == before.stamp
    told = "\n".join(index.problems.sentences)
    assert "1 file left out: not readable: No such file or directory (such as go/gone.wav)" in told
    assert "1 file left out: a name that is not UTF-8 (such as yes/\\udcff_nohash_0.wav)" in told
    assert len(index.problems) == 3


def _refused(folder: Path) -> InputRejected:
    with pytest.raises(InputRejected) as caught:
        index_folder(folder, seed=0)
    return caught.value


def test_no_folder(tmp_path: Path) -> None:
    error = _refused(tmp_path / "absent")
    assert error.message == f"{tmp_path / 'absent'} is not a folder"
    assert "--data" in error.hint


def test_a_word_without_recordings(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    for path in (folder / "go").iterdir():
        path.unlink()
    assert _refused(folder).message == f"{folder} has no recordings in go/"


def test_the_folder_around_the_right_one(tmp_path: Path) -> None:
    write_folder(tmp_path / "speech_commands_v0.02")
    assert f"did you mean {tmp_path / 'speech_commands_v0.02'}?" in _refused(tmp_path).hint


def test_one_list_without_the_other(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "testing_list.txt").write_text("")
    error = _refused(folder)
    assert error.message == f"{folder} has testing_list.txt but no validation_list.txt"
    assert "remove testing_list.txt" in error.hint


def test_a_split_without_a_class(tmp_path: Path) -> None:
    error = _refused(write_folder(tmp_path, (TRAIN, VALIDATION)))
    assert "for the test split" in error.message
    assert "the files' names say what is in which split" in error.hint


def test_no_unknown_words(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    for path in (folder / "cat").iterdir():
        path.unlink()
    assert "what is not one of the ten words for the train split" in _refused(folder).message
