from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcugen.cli import main
from tests.unit.packs.maker import archive, pdsc


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_PACKS", str(tmp_path / "packs"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["packs", *arguments])
    out, err = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, out, err


def test_an_empty_store_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--json")
    result = json.loads(out)
    assert code == 0
    assert result["packs"] == [] and len(result["missing"]) == 6
    assert "ARM::CMSIS-NN 7.0.0" in result["missing"]


def test_adding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    description = pdsc(name="CMSIS-NN", version="7.0.0").replace("Acme", "ARM")
    path = archive(tmp_path / "a.pack", {"ARM.CMSIS-NN.pdsc": description})
    old = archive(tmp_path / "b.pack", {"x.pdsc": description.replace("7.0.0", "6.0.0")})
    other = archive(tmp_path / "c.pack", {"x.pdsc": pdsc()})
    code, out, _ = run(capsys, "add", str(path), str(old), str(other), "--json")
    result = json.loads(out)
    assert code == 0 and len(result["missing"]) == 5
    found = [(p["name"], p["version"], p["status"]) for p in result["packs"]]
    assert found == [
        ("Toys", "1.2.3", "other"),
        ("CMSIS-NN", "7.0.0", "pinned"),
        ("CMSIS-NN", "6.0.0", "wrong version"),
    ]
    assert set(result["packs"][0]) == {
        *("vendor", "name", "version", "sha256", "folder", "components", "status")
    }
    _, out, _ = run(capsys, "list")
    assert "ARM::CMSIS-NN" in out and "lacks tensorflow::" in out


def test_nothing_to_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "add", str(tmp_path / "gone"))
    assert code == 2 and "there is no" in err


def test_no_or_a_wrong_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0 and "install" in out
    code, _, err = run(capsys, "lst")
    assert code == 2 and "list" in err
