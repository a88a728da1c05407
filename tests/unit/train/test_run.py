"""Whole runs on a toy task: what they write, how they resume, and what they start from."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("tflite_micro")

from mcugen.errors import InputRejected, McugenError
from mcugen.tflite.reader import read_model
from mcugen.train.checkpoint import read_checkpoint, write_checkpoint
from mcugen.train.execute import execute
from mcugen.train.report import sha256_of
from mcugen.train.results import TrainResult
from mcugen.training import train
from tests.unit.train import toy

pytestmark = pytest.mark.train

KILLED = """
import os, signal, sys
from pathlib import Path
from mcugen.training import train
from tests.unit.train import toy

def progress(title, done, total, figures=""):
    if title.startswith("qat, epoch 2/") and done:
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
network = toy.write_network(folder.parent)
train(network, toy.Bars(), output=folder, bits="w4a8", progress=progress)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A run that nothing has interrupted."""
    folder = tmp_path_factory.mktemp("runs")
    network = toy.write_network(folder)
    return train(network, toy.Bars(), output=folder / "whole", bits="w4a8")


def test_it_writes_a_measured_model(whole: TrainResult) -> None:
    data = toy.Bars().load(None, toy.SHAPE)
    assert whole.accuracy_float > 0.8 and whole.accuracy_tflm > 0.8
    model = whole.model.read_bytes()
    outputs = execute(model, data.test.features)
    assert whole.accuracy_tflm == np.mean(outputs.argmax(axis=1) == data.test.labels)
    assert whole.confusion is not None
    assert sum(map(sum, whole.confusion)) == len(data.test)
    assert whole.argmax_agreement is not None and whole.argmax_agreement >= 0.99
    assert all(layer.max_difference <= 1 for layer in whole.layers)
    assert read_model(model, "model").graph.macs == whole.macs
    assert whole.synthetic and whole.examples["test"] == len(data.test)


def test_the_folder_has_everything(whole: TrainResult) -> None:
    names = {str(path.relative_to(whole.folder)) for path in whole.folder.rglob("*.*")}
    assert {
        *("config.json", "arch.json", "log.csv", "model.tflite", "report.json", "report.html"),
        *("checkpoints/float.npz", "checkpoints/qat.npz"),
    } <= names
    report = json.loads((whole.folder / "report.json").read_text())
    assert report["accuracy_tflm"] == whole.accuracy_tflm
    assert sha256_of(report["record"]) == whole.report_sha256
    assert whole.report_sha256.encode() in whole.model.read_bytes()
    assert "Synthetic data" in (whole.folder / "report.html").read_text()
    assert len((whole.folder / "log.csv").read_text().splitlines()) == 1 + 4 + 2


def test_killed_and_resumed_it_writes_the_same_file(whole: TrainResult, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    with pytest.raises(InputRejected, match="holds a run already"):
        train(toy.write_network(tmp_path), toy.Bars(), output=folder, bits="w4a8")
    with pytest.raises(InputRejected, match='bits: "w4a8" then, "8" now'):
        train(toy.write_network(tmp_path), toy.Bars(), output=folder, bits="8", resume=True)
    resumed = train(
        toy.write_network(tmp_path), toy.Bars(), output=folder, bits="w4a8", resume=True
    )
    assert resumed.model.read_bytes() == whole.model.read_bytes()
    assert (folder / "log.csv").read_bytes() == (whole.folder / "log.csv").read_bytes()
    assert resumed.history == whole.history
    for stage in ("float", "qat"):
        a, b = (read_checkpoint(x.folder / f"checkpoints/{stage}.npz") for x in (resumed, whole))
        assert a.best.keys() == b.best.keys()
        assert all(a.best[name].tobytes() == b.best[name].tobytes() for name in a.best)


def test_a_checkpoint_is_quantized_without_training_it_again(
    whole: TrainResult, tmp_path: Path
) -> None:
    result = train(
        toy.write_network(tmp_path),
        toy.Bars(),
        output=tmp_path / "x",
        checkpoint=whole.folder,
        qat_epochs=0,
    )
    assert result.accuracy_float == whole.accuracy_float
    assert result.accuracy_qat is None and result.history == ()
    assert abs(result.accuracy_tflm - result.accuracy_ptq) <= 0.012


def test_what_a_run_cannot_start_from_is_refused_before_its_folder_is_made(
    whole: TrainResult, tmp_path: Path
) -> None:
    class Others(toy.Bars):
        name = "others"

    network, output = toy.write_network(tmp_path), tmp_path / "y"
    other = toy.write_network(tmp_path, channels=9)
    with pytest.raises(InputRejected, match="is of another network"):
        train(other, toy.Bars(), output=output, checkpoint=whole.folder)
    with pytest.raises(InputRejected, match="seed: 0 there, 1 here"):
        train(network, toy.Bars(), output=output, checkpoint=whole.folder, seed=1)
    with pytest.raises(InputRejected, match='task: "bars" there, "others" here'):
        train(network, Others(), output=output, distill_from=whole.folder)
    with pytest.raises(InputRejected, match="No such file"):
        train(network, toy.Bars(), output=output, checkpoint=tmp_path / "none.npz")
    bits = tmp_path / "mixed.json"
    bits.write_text('{"layers": {"clasifier": "w8a8"}}')
    with pytest.raises(InputRejected, match="no layer is called 'clasifier'"):
        train(network, toy.Bars(), output=output, bits=bits)
    assert not output.exists()


def test_replacing_a_run_never_deletes_what_is_read(whole: TrainResult) -> None:
    with pytest.raises(InputRejected, match="which the run in"):
        train("digits", toy.Bars(), output=whole.folder, checkpoint=whole.folder, force=True)
    assert (whole.folder / "checkpoints" / "float.npz").is_file()


def test_bits_of_blocks_do_not_make_another_float_network(
    whole: TrainResult, tmp_path: Path
) -> None:
    path = toy.write_network(tmp_path)
    content = json.loads(path.read_text())
    content["blocks"][0] |= {"weight_bits": 4, "activation_bits": 8}
    path.write_text(json.dumps(content))
    result = train(path, toy.Bars(), output=tmp_path / "x", checkpoint=whole.folder, qat_epochs=0)
    assert result.accuracy_float == whole.accuracy_float


def test_a_teacher_that_has_changed_stops_a_resumed_run(whole: TrainResult, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher.npz"
    teacher.write_bytes((whole.folder / "checkpoints" / "float.npz").read_bytes())
    options = {"output": tmp_path / "x", "distill_from": teacher, "epochs": 1, "qat_epochs": 1}
    network = toy.write_network(tmp_path)
    result = train(network, toy.Bars(), distill_temperature=2.0, **options)
    record = json.loads((result.folder / "report.json").read_text())["record"]
    assert record["options"]["distill_temperature"] == 2.0
    checkpoint = read_checkpoint(teacher)
    next(iter(checkpoint.best.values()))[...] += 1
    write_checkpoint(teacher, checkpoint)
    with pytest.raises(InputRejected, match="inputs: other teacher"):
        train(network, toy.Bars(), distill_temperature=2.0, resume=True, **options)


def test_tflm_is_missed_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcugen.oracle.importlib.util.find_spec", lambda name: None)
    with pytest.raises(McugenError, match="TensorFlow Lite Micro, the reference, is not") as caught:
        train(toy.write_network(tmp_path), toy.Bars(), output=tmp_path / "x")
    assert caught.value.hint == "pip install 'mcugen[verify]'"
    assert not (tmp_path / "x").exists()


def test_a_run_can_teach(whole: TrainResult, tmp_path: Path) -> None:
    result = train(
        toy.write_network(tmp_path),
        toy.Bars(),
        output=tmp_path / "x",
        bits="w4a4",
        distill_from=whole.folder,
        checkpoint=whole.folder,
    )
    assert result.teacher == str(whole.folder)
    assert result.accuracy_teacher == whole.accuracy_float


def test_an_architecture_that_teaches_is_trained_first(tmp_path: Path) -> None:
    result = train(
        toy.write_network(tmp_path),
        toy.Bars(),
        output=tmp_path / "x",
        distill_from="digits",
        epochs=1,
        qat_epochs=1,
    )
    assert [epoch.stage for epoch in result.history] == ["teacher", "float", "qat"]
    assert result.teacher == "digits" and result.accuracy_teacher is not None
