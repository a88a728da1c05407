"""Recordings in the folders of three data sets, and every reason to refuse one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.tasks.ad.folders import Found, find_recordings
from tests.unit.tasks import ad_folders as make


def counts(found: list[Found]) -> dict[tuple[str, bool, bool], int]:
    """By unit, whether abnormal, and whether for testing."""
    return Counter((f.machine, f.abnormal, f.for_test) for f in found)


def test_dcase(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path, train=5, test=2)
    make.write(folder / "train" / "notes.wav", b"")
    make.write(folder / "test" / "id_00_00000000.wav", b"")
    make.write(folder / "train" / "NORMAL_id_00_00000009.WAV")
    assert counts(find_recordings(folder, 0)) == {
        ("id_00", False, False): 6,
        ("id_01", False, False): 5,
        **{(unit, kind, True): 2 for unit in ("id_00", "id_01") for kind in (False, True)},
    }


@pytest.mark.parametrize("layout", [make.mimii, make.toyadmos])
def test_others_hold_out_as_many_normal_as_abnormal(tmp_path: Path, layout: object) -> None:
    assert callable(layout)
    found = find_recordings(layout(tmp_path), 0)
    units = {f.machine for f in found}
    assert units in ({"id_00", "id_02"}, {"case1", "case2"})
    assert counts(found) == {
        (unit, *kind): count
        for unit in units
        for kind, count in (((False, False), 4), ((False, True), 2), ((True, True), 2))
    }


def test_at_most_half_is_held_out(tmp_path: Path) -> None:
    found = find_recordings(make.mimii(tmp_path, normal=5, abnormal=9), 0)
    assert counts(found)["id_00", False, True] == 2
    assert counts(found)["id_00", False, False] == 3


def test_the_seed_draws_what_is_held_out(tmp_path: Path) -> None:
    folder = make.mimii(tmp_path, normal=12)
    first, again, other = (find_recordings(folder, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert [f.path for f in first] == [f.path for f in other]


@pytest.mark.parametrize("layout", [make.dcase, make.mimii, make.toyadmos])
def test_several_machine_types_are_refused(tmp_path: Path, layout: object) -> None:
    assert callable(layout)
    for name in ("fan", "slider"):
        layout(tmp_path / name)
    (tmp_path / "notes").mkdir()
    with pytest.raises(InputRejected, match="machine types: fan, slider") as caught:
        find_recordings(tmp_path, 0)
    assert f"--data {tmp_path / 'fan'}" in caught.value.hint


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="no folder"):
        find_recordings(tmp_path / "nowhere", 0)
    with pytest.raises(InputRejected, match="layout that is known") as caught:
        find_recordings(tmp_path, 0)
    assert "MIMII: id_00/normal" in caught.value.hint


def test_a_split_that_is_missing_is_named(tmp_path: Path) -> None:
    for name, recordings, problem in (
        ("a", [("train", "normal")], "no normal recordings to test"),
        ("b", [("test", "normal"), ("test", "anomaly")], "no normal recordings to train"),
        ("c", [("train", "normal"), ("test", "normal")], "no abnormal recordings to test"),
        ("d", [("train", "normal"), ("test", "anomaly")], "no normal recordings to test"),
    ):
        for split, kind in recordings:
            make.write(tmp_path / name / split / f"{kind}_id_00_00000000.wav")
        with pytest.raises(InputRejected, match=problem):
            find_recordings(tmp_path / name, 0)


def test_units_that_training_lacks_are_not_tested(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path)
    make.write(folder / "test" / "anomaly_id_07_00000000.wav")
    assert {f.machine for f in find_recordings(folder, 0)} == {"id_00", "id_01"}
    for path in (folder / "train").glob("*_id_01_*"):
        path.unlink()
    for path in (folder / "test").glob("anomaly_id_00_*"):
        path.unlink()
    with pytest.raises(InputRejected, match="no abnormal recordings to test with, of units"):
        find_recordings(folder, 0)
