"""`quantize` from file to file, in Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import mcugen
from mcugen.cli import main
from mcugen.oracle import Oracle
from mcugen.quantization import quantize as quantization
from mcugen.samples import from_files
from mcugen.tflite.flatbuffer import decode
from mcugen.tflite.schema import schema
from mcugen.tflite.writer import write_model
from tests.paths import DIGITS, SAMPLES
from tests.unit.quantization.graphs import network


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["quantize", *map(str, words)])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.tflite"
    path.write_bytes(write_model(network()))
    return path


def test_digits_stay_accurate(tmp_path: Path) -> None:
    """One held-out digit in a hundred may get lost, and no more; TFLM gives the same answers."""
    out = tmp_path / "four.tflite"
    result = mcugen.quantize(DIGITS, out, calibration=SAMPLES, layers="all")
    assert result.accuracy_before is not None and result.accuracy_after is not None
    assert result.accuracy_after >= result.accuracy_before - 0.01
    assert result.inputs == 100 and result.seed is None
    assert result.weights_bytes_after == result.weights_bytes_before / 2
    assert result.file_bytes_after == out.stat().st_size < result.file_bytes_before
    assert [x.bits_after for x in result.layers] == [4] * 10
    assert all(15 < x.layer_sqnr_db < 60 and 15 < x.weights_sqnr_db < 40 for x in result.layers)
    oracle, labels = Oracle(out.read_bytes()), np.load(SAMPLES)["labels"]
    samples = from_files(mcugen.load(out).graph, [SAMPLES])
    classes = [int(oracle.run(sample)[0].argmax()) for sample in samples]
    assert np.mean(np.equal(classes, labels)) == result.accuracy_after


def test_bias_correction_helps(tmp_path: Path) -> None:
    found = [
        mcugen.quantize(
            DIGITS, tmp_path / f"{on}.tflite", calibration=[SAMPLES], bias_correction=on
        ).output_sqnr_db
        for on in (False, True)
    ]
    assert found[1] > found[0] + 6


def test_versions_are_those_that_take_int4(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tflite"
    mcugen.quantize(model, out, layers="all")
    names = schema().names["BuiltinOperator"]
    codes = decode(out.read_bytes()).items("operator_codes")
    assert {names[c["builtin_code"]]: c["version"] for c in codes} == {
        "CONV_2D": 7,
        "DEPTHWISE_CONV_2D": 6,
        "FULLY_CONNECTED": 10,
    }


def test_the_same_command_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "a.tflite", tmp_path / "b.tflite"]
    first, second = (mcugen.quantize(model, out, seed=3, count=2) for out in outs)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert first.output_sha256 == second.output_sha256


def test_json(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tflite"
    words = ["--weights", "int4", "-o", out, "--skip", "fully_connected", "--inputs", 2, "--json"]
    result = run(model, *words)
    assert result.exit_code == 0 and result.stderr == ""
    document: dict[str, Any] = json.loads(result.stdout)
    assert [x["bits_after"] for x in document["layers"]] == [4, 8, 4, 8]
    kept = document["layers"][1]
    assert kept["scales"] == kept["clips"] == [] and kept["weights_sqnr_db"] is None
    rewritten = document["layers"][0]
    assert len(rewritten["scales"]) == len(rewritten["clips"]) == 4
    assert document["accuracy_before"] is None and document["seed"] == 0
    assert document["sources"]["agreement"] == "reference (numpy)"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.tflite", "out.tflite"]


def test_merged_scales_are_told(model: Path, tmp_path: Path) -> None:
    shown = run(model, "-o", tmp_path / "out.tflite", "--inputs", 2).stdout
    assert "layer 3: the scales of the units become one" in shown
    assert "give --calibration FILE" in shown


def test_layers_that_lose_much_are_told(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "LOW_SQNR_DB", 100.0)
    shown = run(model, "-o", tmp_path / "out.tflite", "--inputs", 2).stdout
    assert "--skip 0,2,3 keeps 8 bits there" in shown


def rejected(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert "mistake in mcugen" not in result.stderr
    return result.stderr


def test_outputs_that_are_refused(model: Path, tmp_path: Path) -> None:
    before = model.read_bytes()
    out = tmp_path / "out.tflite"
    out.write_text("mine")
    assert "--force" in rejected(model, "-o", out)
    assert out.read_text() == "mine"
    assert "is the model itself" in rejected(model, "-o", model, "--force")
    assert "out.bin.tflite" in rejected(model, "-o", tmp_path / "out.bin")
    assert "folder does not exist" in rejected(model, "-o", tmp_path / "no" / "out.tflite")
    (tmp_path / "dir.tflite").mkdir()
    assert "is a folder" in rejected(model, "-o", tmp_path / "dir.tflite", "--force")
    assert model.read_bytes() == before
    assert run(model, "-o", out, "--force", "--inputs", 1, "-q").exit_code == 0
    assert mcugen.load(out).graph.operators


def test_requests_that_are_refused(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tflite"
    assert "choose from these" in rejected(model, "-o", out, "--layers", "9")
    assert "--weights" in rejected(model, "-o", out, "--weights", "int2")
    assert "cannot read" in rejected(model, "-o", out, "--calibration", tmp_path / "no.npz")
    assert not out.exists()
    assert run(model, "-o", out, "--layers", "all", "-q").exit_code == 0
    assert "int4 already" in rejected(out, "-o", tmp_path / "again.tflite")
    with pytest.raises(mcugen.InputRejected, match="weights cannot be 'int2'"):
        mcugen.quantize(model, out, weights="int2")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1], "2 labels for 3 inputs"),
        ([0, 1, 3], "the model has 3 classes"),
        ([0, -1, 2], "the model has 3 classes"),
        ([[1, 0, 0]] * 3, "one each"),
        ([0.0, 1.0, 2.0], "one each"),
        ([], "one each"),
    ],
)
def test_labels_that_are_refused(
    model: Path, tmp_path: Path, labels: list[Any], words: str
) -> None:
    file, out = tmp_path / "x.npz", tmp_path / "out.tflite"
    np.savez(file, x=np.zeros((3, 60), np.int8), y=np.array(labels))
    assert words in rejected(model, "-o", out, "--calibration", file)
    assert not out.exists()


def test_x_and_y(model: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "x.npz", tmp_path / "out.tflite"
    np.savez(file, x=np.zeros((3, 5, 4, 3), np.int8), y=np.array([[0], [1], [2]]))
    shown = run(model, "-o", out, "--calibration", file).stdout
    assert "accuracy" in shown and "33.33 %" in shown


def test_a_full_disk_leaves_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run(model, "-o", tmp_path / "out.tflite", "--inputs", 1)
    assert result.exit_code == 1 and "No space left" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["net.tflite"]
