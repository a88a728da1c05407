"""Checkpoints: they read back, are replaced whole, and refuse what they are not."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint


def checkpoint() -> Checkpoint:
    weights = {"conv/kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}
    return Checkpoint(weights, {}, {"step": np.asarray(7)}, {"stage": "float", "history": []})


def test_it_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "float.npz"
    write_checkpoint(path, checkpoint())
    found = read_checkpoint(path)
    assert np.array_equal(found.weights["conv/kernel"], checkpoint().weights["conv/kernel"])
    assert found.best == {} and int(found.optimizer["step"]) == 7
    assert found.about == {"stage": "float", "history": []}


def test_a_failed_write_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "float.npz"
    write_checkpoint(path, checkpoint())
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("mcugen.train.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(path, checkpoint())
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense", None])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.npz"
    if content is None:
        np.savez(path, about=np.zeros(3, np.uint8))
    else:
        path.write_bytes(content)
    with pytest.raises(InputRejected, match="is not a checkpoint"):
        read_checkpoint(path)


def content(**changes: object) -> dict[str, object]:
    about = {"format": "mcugen-checkpoint", "version": 1, "history": []}
    return {"about": np.frombuffer(json.dumps(about).encode(), np.uint8), **changes}


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("weights/a", np.array(["x"]), "'weights/a' holds no numbers"),
        ("best/a", np.array([1.0, np.nan]), "'best/a' has values that are not finite"),
        ("weights/a", np.array([np.inf], np.float32), "not finite"),
    ],
)
def test_arrays_that_are_no_weights_are_named(
    tmp_path: Path, name: str, array: np.ndarray, message: str
) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **content(**{name: array}))
    with pytest.raises(InputRejected, match=message) as caught:
        read_checkpoint(path)
    assert str(path) in caught.value.message


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    write_checkpoint(path, checkpoint())
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(InputRejected, match=r"x\.npz"):
            read_checkpoint(path)


def test_a_file_with_a_changed_byte_never_ends_in_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    write_checkpoint(path, checkpoint())
    whole = path.read_bytes()
    for place in range(0, len(whole), 11):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with contextlib.suppress(InputRejected):
            read_checkpoint(path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, about=np.array([{}], dtype=object))
    with pytest.raises(InputRejected, match="is not a checkpoint"):
        read_checkpoint(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="No such file"):
        read_checkpoint(tmp_path / "no.npz")
