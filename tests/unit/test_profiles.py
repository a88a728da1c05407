"""The last profile of a project is shown for the plan that it is of, and for no other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcugen import profiles
from mcugen.boards import load_board
from mcugen.building import build, make_target
from mcugen.inspection import inspect_loaded
from mcugen.model import Model
from mcugen.results import LayerProfile, ProfileResult
from tests.unit.runtimes.aot.graphs import relu_graph

BOARD = load_board("qemu_m4")
MODEL = Model(Path("relu.tflite"), b"relu", relu_graph(), ())


def profile_of(model: Model) -> ProfileResult:
    layers = tuple(
        LayerProfile(i, "", layer.operands.operator.name, layer.kernel, 0, 10 + i, None)
        for i, layer in enumerate(model.program(BOARD.isa).layers)
    )
    sources = {"instructions": "emulator"}
    return ProfileResult(
        "m", model.sha256, BOARD.id, "O2", 0, sum(x.instructions or 0 for x in layers), None,
        layers, sources,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A written project."""
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    build(make_target(MODEL, BOARD.id, tmp_path / "p"), compile=False)
    return tmp_path / "p"


def test_kept_and_found(folder: Path) -> None:
    assert profiles.find(folder, MODEL, BOARD) is None
    profiles.save(folder, profile_of(MODEL))
    found = profiles.find(folder, MODEL, BOARD)
    assert found == profile_of(MODEL)
    result = inspect_loaded(MODEL, [BOARD], BOARD.isa, found)
    assert [operator.instructions for operator in result.operators] == [10]
    assert result.sources["instructions"] == "emulator (profile of qemu_m4, -O2)"
    # The next build is not disturbed by it.
    build(make_target(MODEL, BOARD.id, folder), compile=False)


def test_of_another_model_board_or_plan(folder: Path) -> None:
    profiles.save(folder, profile_of(MODEL))
    other = Model(MODEL.path, b"other", MODEL.graph, ())
    assert profiles.find(folder, other, BOARD) is None
    assert profiles.find(folder, MODEL, load_board("qemu_m7")) is None
    layers = tuple(replace(x, kernel="older") for x in profile_of(MODEL).layers)
    profiles.save(folder, replace(profile_of(MODEL), layers=layers))
    assert profiles.find(folder, MODEL, BOARD) is None


def test_what_is_no_project_is_left_alone(tmp_path: Path) -> None:
    profiles.save(tmp_path, profile_of(MODEL))
    profiles.save(tmp_path / "missing", profile_of(MODEL))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"layers": 3}', '{"layers": [[]]}', "[" * 100_000, "\x00"],
)
def test_damaged_files_are_passed_over(text: str, folder: Path) -> None:
    (folder / profiles.FILE).write_text(text)
    assert profiles.find(folder, MODEL, BOARD) is None


@pytest.mark.parametrize("change", [{"layers": "x"}, {"sources": []}, {"optimize": 3}])
def test_wrong_types_are_passed_over(change: dict[str, object], folder: Path) -> None:
    profiles.save(folder, profile_of(MODEL))
    path = folder / profiles.FILE
    document = json.loads(path.read_text())
    if "layers" in change:
        document["layers"][0]["instructions"] = change["layers"]
    else:
        document |= change
    path.write_text(json.dumps(document))
    assert profiles.find(folder, MODEL, BOARD) is None
