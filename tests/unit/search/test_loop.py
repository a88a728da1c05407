"""The search's loop: it uses the budgets, repeats itself, and goes on where it was killed."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.errors import McugenError
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import candidates
from mcugen.search.loop import SEARCH, WARMUP, Search
from mcugen.search.relaxation import Relaxation, certainty
from mcugen.search.schedule import Plan
from mcugen.search.spaces import SPACES
from mcugen.tasks.base import Data, Split
from mcugen.tasks.digits import Digits
from mcugen.train.checkpoint import Checkpoint, read_checkpoint
from mcugen.train.journal import Journal
from tests.unit.search import toy
from tests.unit.train import toy as bars

pytestmark = pytest.mark.train

BUDGETS = Budgets(ops=15_000, sram_bytes=100_000)

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.search.test_loop import searched

def progress(title, done, total, figures=""):
    if title.startswith("search, epoch 3/") and done:
        os.kill(os.getpid(), signal.SIGKILL)

searched(Path(sys.argv[1]), progress=progress)
"""


def plan(**changes: Any) -> Plan:
    usual: dict[str, Any] = {
        "epochs": 4,
        "warmup_epochs": 1,
        "batch": 16,
        "learning_rate": 1e-2,
        "weight_decay": 1e-4,
        "label_smoothing": 0.0,
        "seed": 1,
    }
    return Plan(**(usual | changes))


def searched(
    folder: Path, the_plan: Plan | None = None, data: Data | None = None, **options: Any
) -> Search:
    folder.mkdir(exist_ok=True)
    task = bars.Bars()
    data = data or task.load(None, toy.SHAPE)
    search = Search(CostModel(toy.space()), BUDGETS, the_plan or plan(), task, data)
    search.fit(folder / "search.npz", Journal(folder), **options)
    return search


def same(a: Checkpoint, b: Checkpoint) -> bool:
    return a.about == b.about and all(
        getattr(a, group).keys() == getattr(b, group).keys()
        and all(v.tobytes() == getattr(b, group)[k].tobytes() for k, v in getattr(a, group).items())
        for group in ("weights", "best", "optimizer")
    )


def test_killed_and_resumed_it_ends_the_same(tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    root = Path(__file__).parents[3]
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed")], cwd=root, capture_output=True
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert len(read_checkpoint(tmp_path / "killed" / "search.npz").about["history"]) == 2
    lines: list[Any] = []
    searched(tmp_path / "killed")
    searched(tmp_path / "whole", progress=lambda *call: lines.append(call))
    killed, whole = (read_checkpoint(tmp_path / n / "search.npz") for n in ("killed", "whole"))
    assert same(killed, whole)
    logs = [(tmp_path / n / "log.csv").read_text() for n in ("killed", "whole")]
    assert logs[0] == logs[1] and logs[0].startswith("stage,epoch,") and len(logs[0].split()) > 4
    assert lines[-1][:3] == ("search, epoch 4/4", 6, 6)
    assert "held out); ops " in lines[-1][3] and "sram " in lines[-1][3]
    (events,) = (tmp_path / "whole" / "logs" / "search").iterdir()
    assert b"certainty" in events.read_bytes()


def test_choices_stay_as_they_are_during_the_warm_up(tmp_path: Path) -> None:
    search = searched(tmp_path, plan(epochs=2))
    first, second = search.history
    assert (first.stage, second.stage) == (WARMUP, SEARCH)
    assert first.architecture_loss is None and second.architecture_loss is not None
    begun = Relaxation(toy.space()).arrays()
    assert first.certainty == pytest.approx(certainty(begun)) != second.certainty
    assert first.ops == pytest.approx(CostModel(toy.space()).costs(begun).ops) != second.ops
    assert first.temperature == plan().temperature


def test_the_halves_of_the_training_examples_share_none() -> None:
    task = bars.Bars()
    data = task.load(None, toy.SHAPE)
    search = Search(CostModel(toy.space()), BUDGETS, plan(), task, data)
    weights, choices = (set(search._batches(1, part).ravel()) for part in range(2))
    assert not weights & choices and len(weights) == search.steps * search.batch


def test_a_loss_that_is_not_finite_names_the_layer(tmp_path: Path) -> None:
    task = bars.Bars()
    data = task.load(None, toy.SHAPE)
    search = Search(CostModel(toy.space()), BUDGETS, plan(), task, data)
    kernel = search.model.get_layer("ds_1.pointwise").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(McugenError, match=r"warm-up, epoch 1/4.*'ds_1.pointwise'"):
        search.fit(tmp_path / "search.npz", Journal(tmp_path))


def test_a_network_that_answers_all_alike_is_told(tmp_path: Path) -> None:
    task = bars.Bars()
    data = task.load(None, toy.SHAPE)
    blank = Split(np.zeros_like(data.validation.features), data.validation.labels)
    with pytest.raises(McugenError, match="the same outputs whatever its input is"):
        searched(tmp_path, data=dataclasses.replace(data, validation=blank))


def test_a_network_that_reproduces_its_inputs_can_be_searched(tmp_path: Path) -> None:
    data = dataclasses.replace(bars.Bars().load(None, toy.SHAPE), target="inputs")
    space = toy.space().with_outputs(64)
    search = Search(CostModel(space), Budgets(ops=20_000), plan(epochs=2), bars.Bars(), data)
    search.fit(tmp_path / "search.npz", Journal(tmp_path))
    assert search.history[-1].accuracy is None and search.history[-1].loss < 2


def test_it_is_free_of_the_known_pitfalls(tmp_path: Path) -> None:
    """On real images: what makes a plain search fail without any error.

    Costs far below the budget, depth collapsing, accuracy lost as sampling gets colder, and decoded
    networks of half the budget.
    """
    costs = CostModel(SPACES["digits"]())
    budgets = Budgets(ops=130_000, sram_bytes=100_000, flash_bytes=100_000)
    task = Digits()
    data = task.load(None, (8, 8, 1))
    recipe = plan(epochs=30, warmup_epochs=6, batch=32, learning_rate=4e-3)
    search = Search(costs, budgets, recipe, task, data)
    search.fit(tmp_path / "search.npz", Journal(tmp_path))
    late = search.history[-5:]
    assert 0.95 <= np.mean([epoch.used for epoch in late]) <= 1.02
    assert all(0.9 <= epoch.used <= 1.06 for epoch in search.history[12:])
    probabilities = search.relaxation.arrays()
    for decision, p in zip(costs.space.decisions, probabilities, strict=True):
        assert decision.field != "keep" or p[1] > 0.5
    before = [epoch.accuracy for epoch in search.history[8:12]]
    assert late[-1].temperature < recipe.temperature / 1.5
    assert np.mean([epoch.accuracy for epoch in late]) > np.mean(before) - 0.02  # type: ignore[arg-type]
    assert certainty(probabilities) > search.history[5].certainty + 0.2
    for candidate in candidates(costs, probabilities, budgets):
        binding = budgets.binding(candidate.costs)
        assert binding is not None and 0.9 <= binding[1] <= 1.0
        assert budgets.allow(candidate.costs)
