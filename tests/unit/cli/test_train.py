"""mcugen train: options, JSON, interruption, and what is refused before anything is trained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcugen.errors import McugenError
from tests.unit.cli.test_cli import only_object, run, stub
from tests.unit.train.train_results import train_result

ARGUMENTS = ("train", "ds_cnn_s", "--task", "kws", "-o", "runs/x")


def test_json_is_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "train", train_result())
    document = only_object(run(*ARGUMENTS, "--json"))
    assert document["accuracy_tflm"] == 0.92 and document["macs"] == 2_656_768
    assert document["model"] == "runs/x/model.tflite"


def test_options_reach_the_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stub(monkeypatch, "train", train_result())
    words = (
        *("--bits", "w4a8", "--distill-from", "ds_cnn_l", "--from", "runs/float", "--seed", "5"),
        *("--distill-coefficient", "0.9", "--distill-temperature", "2"),
        *("--epochs", "3", "--qat-epochs", "0", "--patience", "2", "--resume"),
    )
    result = run(*ARGUMENTS, *words)
    assert result.exit_code == 0 and "92.00 % in TFLM" in result.stdout
    (call,) = calls
    assert call["architecture"] == "ds_cnn_s" and call["output"] == Path("runs/x")
    assert (call["bits"], call["distill_from"]) == ("w4a8", "ds_cnn_l")
    assert (call["checkpoint"], call["seed"], call["epochs"]) == ("runs/float", 5, 3)
    assert (call["distill_coefficient"], call["distill_temperature"]) == (0.9, 2.0)
    assert call["qat_epochs"] == 0 and call["patience"] == 2
    assert call["resume"] is True and call["force"] is False
    assert call["data"] == "synthetic" and call["batch"] is None


def test_an_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "train", KeyboardInterrupt())
    result = run(*ARGUMENTS)
    assert result.exit_code == 130
    assert "interrupted" in result.stderr and "--resume" in result.stderr


def test_a_breakdown_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "train", McugenError("training broke down (float, epoch 2)", "lower it"))
    result = run(*ARGUMENTS, "--json")
    assert result.exit_code == 1
    assert "float, epoch 2" in only_object(result)["error"]["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--task", "kwz"), "there is no task"),
        (("--task", "digits", "--bits", "w3a3"), "bits 'w3a3' are not known"),
        (("--task", "digits", "--batch", "0"), "--batch"),
        (("--task", "digits", "--learning-rate", "nan"), "learning_rate cannot be nan"),
        (("--task", "digits", "--resume", "--force"), "either --resume or --force"),
        (("--task", "digits", "--distill-coefficient", "0"), "coefficient cannot be 0"),
        (("--task", "digits", "--distill-temperature", "nan"), "temperature cannot be nan"),
        (("--task", "digits", "--from", "nowhere.npz"), "cannot read 'nowhere.npz'"),
    ],
)
def test_mistakes_are_found_before_training(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = run("train", "digits", *words, "-o", str(tmp_path / "x"), "--json")
    assert result.exit_code == 2
    assert message in only_object(result)["error"]["message"]
    assert not (tmp_path / "x").exists()


def test_an_unknown_architecture_names_near_ones(tmp_path: Path) -> None:
    result = run("train", "ds_cnn_x", "--task", "kws", "-o", str(tmp_path / "x"), "--json")
    error = only_object(result)["error"]
    assert result.exit_code == 2 and "ds_cnn_s" in error["hint"]


def test_without_tensorflow_it_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['tensorflow'] = None; sys.modules['keras'] = None\n"
        "from mcugen.cli import main\n"
        f"main(['train', 'digits', '--task', 'digits', '-o', {str(tmp_path / 'x')!r}, '--json'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["error"]["hint"] == "pip install 'mcugen[train]'"
    assert not (tmp_path / "x").exists()
