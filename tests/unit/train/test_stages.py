"""Which files a run reads beside its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.train.stages import input_files, sha256_of_file


def test_the_files_that_a_run_reads(tmp_path: Path) -> None:
    checkpoints = tmp_path / "run" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for stage in ("qat", "teacher"):
        (checkpoints / f"{stage}.npz").write_bytes(b"x")
    assert input_files(None, "ds_cnn_m", None) == {}
    assert input_files("t.py", "mine.json", str(tmp_path / "run")) == {
        "task": Path("t.py"),
        "teacher": Path("mine.json"),
        "start": checkpoints / "teacher.npz",
    }
    with pytest.raises(InputRejected, match="no checkpoint of the stage float"):
        input_files(None, str(tmp_path / "run"), None)


def test_hashes_follow_contents(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert sha256_of_file(path).startswith("ba7816bf")
    with pytest.raises(InputRejected, match="cannot read"):
        sha256_of_file(tmp_path / "y")
