"""A run's folder: made, resumed, replaced, and never anybody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.train.folder import check_folder, check_not_read, make_folder

OPTIONS = {"architecture": {"name": "ds_cnn_s"}, "seed": 0, "layers": (1, 2)}


def enter(folder: Path, resume: bool = False, force: bool = False, **changes: object) -> None:
    options = OPTIONS | changes
    check_folder(folder, options, resume=resume, force=force)
    make_folder(folder, options, resume=resume)


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    enter(tmp_path / "runs" / "x")
    assert (tmp_path / "runs" / "x" / "config.json").is_file()


def test_a_run_is_neither_overwritten_nor_resumed_unasked(tmp_path: Path) -> None:
    enter(tmp_path / "x")
    with pytest.raises(InputRejected, match="holds a run already") as caught:
        enter(tmp_path / "x")
    assert "--resume" in caught.value.hint and "--force" in caught.value.hint


def test_resuming_keeps_all_and_forcing_removes_the_run_alone(tmp_path: Path) -> None:
    enter(tmp_path / "x")
    log, mine = tmp_path / "x" / "log.csv", tmp_path / "x" / "mine.txt"
    log.write_text("stage\n")
    mine.write_text("keep")
    enter(tmp_path / "x", resume=True)
    assert log.exists()
    enter(tmp_path / "x", force=True, seed=1)
    assert not log.exists() and mine.exists()


def test_other_options_are_named(tmp_path: Path) -> None:
    enter(tmp_path / "x")
    with pytest.raises(InputRejected) as caught:
        enter(tmp_path / "x", resume=True, seed=5, architecture={"name": "ds_cnn_l"})
    assert "seed: 0 then, 5 now" in caught.value.message
    assert "architecture: name ds_cnn_s then, ds_cnn_l now" in caught.value.message


def test_files_that_have_changed_are_named(tmp_path: Path) -> None:
    enter(tmp_path / "x", inputs={"task": "a" * 64, "teacher": "b" * 64})
    with pytest.raises(InputRejected, match="inputs: other teacher"):
        enter(tmp_path / "x", resume=True, inputs={"task": "a" * 64, "teacher": "c" * 64})


def test_a_run_may_not_read_what_it_replaces(tmp_path: Path) -> None:
    run = tmp_path / "x"
    check_not_read(run, {"start": tmp_path / "y" / "checkpoints" / "float.npz"})
    check_not_read(run, {"task": run / "task.py"})
    with pytest.raises(InputRejected, match="which the run in") as caught:
        check_not_read(run, {"start": run / "checkpoints" / "float.npz"})
    assert "-o" in caught.value.hint


def test_resuming_what_is_not_there_begins_it(tmp_path: Path) -> None:
    enter(tmp_path / "x", resume=True)
    assert (tmp_path / "x" / "config.json").is_file()


def test_what_a_run_leaves_that_was_killed_at_once_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".mcugen-x1").mkdir()
    enter(tmp_path)
    assert (tmp_path / "config.json").is_file()


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_never_touched(tmp_path: Path, force: bool) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputRejected, match="not a run's folder"):
        enter(tmp_path, force=force)
    with pytest.raises(InputRejected, match="is not a folder"):
        enter(tmp_path / "thesis.tex", force=force)


def test_a_damaged_config(tmp_path: Path) -> None:
    enter(tmp_path / "x")
    (tmp_path / "x" / "config.json").write_text("[]")
    with pytest.raises(InputRejected, match="is damaged"):
        enter(tmp_path / "x", resume=True)
