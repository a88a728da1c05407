"""The training loop: it learns, repeats itself, and goes on where it was killed."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.errors import InputRejected, McugenError
from mcugen.tasks.base import Brightness, Data, Mixup, Split
from mcugen.train.checkpoint import (
    Checkpoint,
    read_checkpoint,
    weights_of,
    write_checkpoint,
)
from mcugen.train.distillation import Teacher
from mcugen.train.journal import Journal
from mcugen.train.loop import Fitted, Predictor, fit, mean_loss
from mcugen.train.stages import Stage
from mcugen.train.tensorflow import keras
from tests.unit.train import toy

pytestmark = pytest.mark.train

KILLED = """
import os, signal, sys
from pathlib import Path
from mcugen.train.journal import Journal
from mcugen.train.loop import fit
from tests.unit.train import toy

def progress(title, done, total, figures=""):
    if title.startswith("float, epoch 3/") and done:
        os.kill(os.getpid(), signal.SIGKILL)

folder, task = Path(sys.argv[1]), toy.Bars()
data = task.load(None, toy.SHAPE)
checkpoint = folder / "float.npz"
fit(toy.network(), toy.stage(), task, data, checkpoint, Journal(folder), progress=progress)
"""


def train(folder: Path, stage: Stage, data: Data | None = None, **options: object) -> object:
    """A network trained in `folder`."""
    model = toy.network()
    fitted(model, folder, stage, data, **options)
    return model


def fitted(
    model: object, folder: Path, stage: Stage, data: Data | None = None, **options: object
) -> Fitted:
    folder.mkdir(exist_ok=True)
    task = toy.Bars()
    data = data or task.load(None, toy.SHAPE)
    return fit(model, stage, task, data, folder / "float.npz", Journal(folder), **options)


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(a[k].tobytes() == b[k].tobytes() for k in a)


def test_it_learns_and_writes_everything_down(tmp_path: Path) -> None:
    lines = []
    model = train(tmp_path, toy.stage(epochs=12), progress=lambda *call: lines.append(call))
    data = toy.Bars().load(None, toy.SHAPE)
    outputs = Predictor(model)(data.test.features)
    assert np.mean(outputs.argmax(axis=1) == data.test.labels) > 0.8
    assert lines[-1][:3] == ("float, epoch 12/12", 12, 12)
    assert "loss" in lines[-1][3] and "accuracy" in lines[-1][3] and "%" in lines[-1][3]
    log = (tmp_path / "log.csv").read_text().splitlines()
    assert log[0].startswith("stage,epoch,learning_rate,loss") and len(log) == 13
    (events,) = (tmp_path / "logs" / "float").iterdir()
    assert b"validation_score" in events.read_bytes()
    assert same(read_checkpoint(tmp_path / "float.npz").best, weights_of(model))


def test_killed_and_resumed_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    root = Path(__file__).parents[3]
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed")], cwd=root, capture_output=True
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    half = read_checkpoint(tmp_path / "killed" / "float.npz")
    assert len(half.about["history"]) == 2
    train(tmp_path / "killed", toy.stage())
    train(tmp_path / "whole", toy.stage())
    resumed, whole = (read_checkpoint(tmp_path / n / "float.npz") for n in ("killed", "whole"))
    assert same(resumed.weights, whole.weights)
    assert same(resumed.best, whole.best)
    assert same(resumed.optimizer, whole.optimizer)
    assert resumed.about == whole.about
    logs = [(tmp_path / n / "log.csv").read_bytes() for n in ("killed", "whole")]
    assert logs[0] == logs[1]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: c.about.pop("history"), "is damaged"),
        (lambda c: c.about.update(history=[{"stage": "float"}]), "is damaged"),
        (lambda c: c.optimizer.pop("step"), "is damaged"),
        (lambda c: c.optimizer.update(step=np.zeros(3, np.int64)), "is damaged"),
        (lambda c: c.best.popitem(), "is missing"),
        (lambda c: c.weights.popitem(), "is missing"),
        (lambda c: c.about.update(data="other"), "another data"),
    ],
)
def test_a_damaged_checkpoint_is_refused_by_name(
    tmp_path: Path, damage: Callable[[Checkpoint], object], message: str
) -> None:
    train(tmp_path, toy.stage(epochs=1), about={"data": "mine"})
    path = tmp_path / "float.npz"
    checkpoint = read_checkpoint(path)
    damage(checkpoint)
    write_checkpoint(path, checkpoint)
    with pytest.raises(InputRejected, match=message) as caught:
        train(tmp_path, toy.stage(epochs=2), about={"data": "mine"})
    assert "float.npz" in caught.value.message


def test_findings_are_of_examples_from_all_classes(tmp_path: Path) -> None:
    """A folder lists one class after the other; a channel that only the last needs is not dead."""
    data = toy.Bars().load(None, toy.SHAPE)
    features = np.zeros((600, *toy.SHAPE), np.float32)
    features[300:] = np.random.default_rng(0).normal(size=(300, *toy.SHAPE))
    data = dataclasses.replace(data, validation=Split(features, np.zeros(600, np.int32)))
    result = fitted(toy.network(), tmp_path, toy.stage(epochs=1, learning_rate=1e-12), data)
    assert "its output is always the same" not in [f.problem for f in result.findings]


def test_seeds_differ(tmp_path: Path) -> None:
    a = weights_of(train(tmp_path / "a", toy.stage(epochs=1)))
    b = weights_of(train(tmp_path / "b", toy.stage(epochs=1, seed=2)))
    assert not same(a, b)


def test_a_finished_stage_is_not_trained_again(tmp_path: Path) -> None:
    first = weights_of(train(tmp_path, toy.stage(epochs=1)))
    calls: list[object] = []
    again = train(tmp_path, toy.stage(epochs=1), progress=lambda *call: calls.append(call))
    assert same(first, weights_of(again)) and calls == []


def test_patience_ends_a_stage_and_the_best_epoch_is_kept(tmp_path: Path) -> None:
    model = toy.network()
    result = fitted(model, tmp_path, toy.stage(epochs=40, patience=2, learning_rate=0.05))
    history = read_checkpoint(tmp_path / "float.npz").about["history"]
    assert len(history) == result.best_epoch + 2 < 40
    data = toy.Bars().load(None, toy.SHAPE)
    outputs = Predictor(model)(data.validation.features)
    score = float(np.mean(outputs.argmax(axis=1) == data.validation.labels))
    assert score == history[result.best_epoch - 1]["validation_score"]


def test_a_loss_that_is_not_finite_names_the_layer(tmp_path: Path) -> None:
    model = toy.network()
    kernel = model.get_layer("depthwise").kernel
    kernel.assign(np.full(kernel.shape, 1e38))
    with pytest.raises(McugenError) as caught:
        fitted(model, tmp_path, toy.stage())
    assert "float, epoch 1, step 1 of 12" in caught.value.message
    assert "layer 'depthwise' is the first" in caught.value.message
    assert "lower --learning-rate, and --force" in caught.value.hint
    assert "--resume" not in caught.value.hint  # it would break down again


def test_a_quantized_network_that_breaks_down_keeps_its_float_one(tmp_path: Path) -> None:
    model = toy.network()
    kernel = model.get_layer("classifier").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(McugenError) as caught:
        fitted(model, tmp_path, toy.stage(name="qat", quantized=True))
    assert "--qat-learning-rate" in caught.value.hint and "--from" in caught.value.hint


def test_weights_that_are_not_finite_are_named(tmp_path: Path) -> None:
    model = toy.network()
    kernel = model.get_layer("classifier").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(McugenError, match="the weights of layer 'classifier' are not finite"):
        fitted(model, tmp_path, toy.stage())


def test_gradients_that_are_not_finite_are_named(tmp_path: Path) -> None:
    model = toy.network()
    kernel = model.get_layer("classifier").kernel
    kernel.assign(np.full(kernel.shape, 2e38) * [1, -1, 0])
    data = toy.Bars().load(None, toy.SHAPE)
    data.train.features[:] *= 1e-30
    with pytest.raises(McugenError, match="training broke down"):
        fitted(model, tmp_path, toy.stage(), data)


def test_dead_channels_and_zero_layers_are_reported(tmp_path: Path) -> None:
    model = toy.network()
    model.get_layer("norm").beta.assign([0, 0, -99, 0, 0, -99, 0, 0])
    classifier = model.get_layer("classifier")
    classifier.kernel.assign(np.zeros(classifier.kernel.shape))
    result = fitted(model, tmp_path, toy.stage(epochs=1, learning_rate=1e-12))
    problems = {finding.layer: finding.problem for finding in result.findings}
    assert problems["relu"] == "dead: 2 of 8 channels (2, 5)"
    assert "classifier" not in problems  # the first step has moved it
    model.get_layer("conv").kernel.assign(np.zeros((3, 3, 1, 8)))
    problems = {f.layer: f.problem for f in fitted_again(model, tmp_path)}
    assert problems["conv"] == "all its weights are zero"


def fitted_again(model: object, folder: Path) -> tuple[object, ...]:
    from mcugen.train.diagnostics import Examiner

    return Examiner(model)(toy.Bars().load(None, toy.SHAPE).validation.features)


def test_a_teacher_pulls_the_student(tmp_path: Path) -> None:
    """Taught by a constant opinion for one class, the student leans to that class."""
    inputs = keras.Input(toy.SHAPE)
    x = keras.layers.Flatten()(inputs)
    bias = keras.initializers.Constant([0.0, 8.0, 0.0])
    x = keras.layers.Dense(3, kernel_initializer="zeros", bias_initializer=bias)(x)
    teacher = Teacher(keras.Model(inputs, x), "opinion")
    plain = train(tmp_path / "plain", toy.stage(epochs=3))
    taught = train(tmp_path / "taught", toy.stage(epochs=3), teacher=teacher)
    features = toy.Bars().load(None, toy.SHAPE).test.features
    means = [Predictor(model)(features).mean(axis=0) for model in (plain, taught)]
    assert means[1][1] - means[1][0] > means[0][1] - means[0][0] + 0.3


def test_an_autoencoder_learns_its_inputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.normal(1, 1, (n, 4)).astype(np.float32) for n in (200, 40, 40)]
    splits = [Split(x, np.zeros(len(x), np.int32)) for x in parts]
    data = Data(*splits, ("normal",), "noise", synthetic=True, target="inputs")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(4, name="all")(inputs))
    before = mean_loss(Predictor(model)(parts[1]), splits[1], data)

    class Reproduce(toy.Bars):
        augmentations = ()

        def score(self, outputs: np.ndarray, split: Split, data: Data) -> float:
            return float("nan")

    journal = Journal(tmp_path)
    stage = toy.stage(epochs=20, learning_rate=0.05)
    fit(model, stage, Reproduce(), data, tmp_path / "float.npz", journal)
    last = journal.history[-1]
    assert last.accuracy is None and last.validation_score is None
    assert last.validation_loss < before / 4


def test_mixed_labels_train(tmp_path: Path) -> None:
    class Mixed(toy.Bars):
        augmentations = (Brightness(0.1, 0.1), Mixup(0.3))

    task = Mixed()
    data = task.load(None, toy.SHAPE)
    stage = dataclasses.replace(toy.stage(epochs=2), label_smoothing=0.1)
    journal = Journal(tmp_path)
    fit(toy.network(), stage, task, data, tmp_path / "float.npz", journal)
    assert np.isfinite(journal.history[-1].loss)


def test_a_trained_model_is_never_made_worse(tmp_path: Path) -> None:
    model = train(tmp_path / "first", toy.stage(epochs=12))
    before = weights_of(model)
    ruin = toy.stage(epochs=2, learning_rate=3.0)
    result = fitted(model, tmp_path / "second", ruin, trained=True)
    assert result.best_epoch == 0 and same(before, weights_of(model))
    again = fitted(toy.network(), tmp_path / "second", ruin, trained=True)
    assert again.best_epoch == 0
