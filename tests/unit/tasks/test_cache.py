"""The cache: made once, whole or not at all, and never in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.tasks.cache import Arrays, cached, data_dir


class Maker:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {"x": np.arange(4) + self.calls, "words": np.array(["yes", "nö"])}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))


def test_made_once_for_a_key() -> None:
    make = Maker()
    first = cached("kws", {"seed": 1, "sizes": [1, 2]}, make)
    again = cached("kws", {"sizes": [1, 2], "seed": 1}, make)
    assert make.calls == 1
    assert all(np.array_equal(first[name], again[name]) for name in ("x", "words"))
    cached("kws", {"seed": 2, "sizes": [1, 2]}, make)
    cached("vww", {"seed": 1, "sizes": [1, 2]}, make)
    assert make.calls == 3


@pytest.mark.parametrize("size", [0, 100, 400])
def test_a_spoilt_file_is_made_again(size: int) -> None:
    make = Maker()
    cached("kws", {}, make)
    (path,) = data_dir().iterdir()
    path.write_bytes(path.read_bytes()[:size])
    assert cached("kws", {}, make)["x"][0] == 2
    assert cached("kws", {}, make)["x"][0] == 2


def test_nothing_is_left_of_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", stop)
    with pytest.raises(KeyboardInterrupt):
        cached("kws", {}, Maker())
    assert list(data_dir().iterdir()) == []


def test_without_a_cache_it_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    make = Maker()
    assert cached("kws", {}, make)["x"][0] == 1
    assert cached("kws", {}, make)["x"][0] == 2
