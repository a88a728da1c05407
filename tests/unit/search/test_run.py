"""`search` from end to end on toy data; interruption; what is refused before any training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected, McugenError
from mcugen.search import run as running
from mcugen.search.latency import LatencyModel, Rate, features_of, write_latency
from mcugen.search.proof import Proof
from mcugen.search.run import SearchInterrupted
from mcugen.searching import search
from mcugen.tasks.base import Data
from tests.unit.search import toy
from tests.unit.train.toy import Bars

pytestmark = pytest.mark.train

OPTIONS: dict[str, Any] = {"epochs": 3, "warmup_epochs": 1, "rank_epochs": 1, "ops": 15_000}


def prove(costs: Any, selection: Any, board: Any, budgets: Any, folder: Path, **_: Any) -> Proof:
    """What the street would say, if nothing were built."""
    architecture, found = costs.space.architecture(selection), costs.of_selection(selection)
    return Proof(
        selection=selection,
        architecture=architecture,
        ops=2 * architecture.macs,
        params=architecture.params,
        arena_bytes=round(found.memory_bytes),
        flash_bytes=round(found.flash_bytes),
        within_budgets=True,
        arch=folder / "arch.json",
        model=folder / "model.tflite",
        attempts=1,
        changes=(),
        notes=(),
        sources=dict.fromkeys(("ops", "params", "arena_bytes", "flash_bytes"), "static"),
    )


@pytest.fixture(autouse=True)
def nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "prove", prove)


def searched(folder: Path, **options: Any) -> Any:
    arguments = {"task": Bars()} | OPTIONS | options
    return search(toy.space(), "qemu_m4", output=folder, **arguments)


def test_a_search_writes_its_network_and_tells_what_it_is(tmp_path: Path) -> None:
    task = Bars()
    task.recipe = replace(task.recipe, epochs=1)  # type: ignore[misc]
    result = searched(tmp_path / "a", task=task, baselines=True)
    architecture = read_architecture(result.arch)
    assert 0.8 * 15_000 <= result.ops == 2 * architecture.macs <= 15_000
    assert result.within_budgets and result.budgets["ops"] == 15_000
    assert set(result.budgets) == {"ops", "sram_bytes", "flash_bytes"} == set(result.measured)
    (chosen,) = [c for c in result.candidates if c.chosen]
    assert chosen.score == result.accuracy == max(c.score or 0 for c in result.candidates)
    assert {"ops", "params", "arena_bytes", "flash_bytes", "accuracy"} <= result.sources.keys()
    names = [b.name for b in result.baselines]
    assert names[0] == "found" and {"uniform", "random"} & set(names)
    assert all(b.ops <= 15_000 for b in result.baselines)
    report = json.loads((tmp_path / "a" / "report.json").read_text())
    assert report["options"]["plan"]["epochs"] == 3 and len(report["history"]) == 3
    page = (tmp_path / "a" / "report.html").read_text()
    assert "of its budget" in page and names[-1] in page
    assert "Synthetic data" in page and "Within all budgets" in page
    assert "within all budgets" in (tmp_path / "a" / "report.txt").read_text()


def test_interrupted_it_keeps_the_best_and_resumes_to_the_same(tmp_path: Path) -> None:
    def interrupt(title: str, done: int, total: int, figures: str = "") -> None:
        if title.startswith("search, epoch 3/") and done:
            raise KeyboardInterrupt

    with pytest.raises(SearchInterrupted, match="after 2 of 3 epochs") as caught:
        searched(tmp_path / "a", progress=interrupt)
    assert caught.value.exit_code == 130 and "--resume" in caught.value.hint
    assert read_architecture(tmp_path / "a" / "arch.json").macs <= 7_500
    with pytest.raises(InputRejected, match="holds a run already"):
        searched(tmp_path / "a")
    with pytest.raises(InputRejected, match="seed"):
        searched(tmp_path / "a", resume=True, seed=5)
    resumed = searched(tmp_path / "a", resume=True)
    whole = searched(tmp_path / "b")
    assert resumed.history == whole.history and resumed.candidates == whole.candidates
    arches = [(tmp_path / name / "arch.json").read_bytes() for name in "ab"]
    assert arches[0] == arches[1]


class OneClass(Bars):
    """Bars of which there is a single kind."""

    def load(self, *arguments: Any, **options: Any) -> Data:
        data = super().load(*arguments, **options)
        parts = {}
        for name in ("train", "validation", "test"):
            split = getattr(data, name)
            parts[name] = replace(split, labels=np.zeros_like(split.labels))
        return replace(data, classes=("rows",), **parts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ops": 100}, "smallest network of the space 'toy' takes"),
        ({"sram": "1"}, "bytes of SRAM"),
        ({"ops": "many"}, "'many' is not understood"),
        ({"latency": "5ms"}, "needs a latency model"),
        ({"bits": "3"}, "bits cannot be '3'"),
        ({"task": None}, "does not say what to train on"),
        ({"task": OneClass()}, "a single class, rows"),
        ({"epochs": 1}, "of 1 epochs, 1 cannot be for warm-up"),
        ({"resume": True, "force": True}, "either --resume or --force"),
        ({"learning_rate": float("nan")}, "learning rate cannot be nan"),
        ({"rank_epochs": -1}, "ranked by -1 epochs"),
    ],
)
def test_mistakes_are_found_before_training(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputRejected, match=message):
        searched(tmp_path / "x", **options)
    assert not (tmp_path / "x").exists()


def test_a_space_without_choices_is_no_search(tmp_path: Path) -> None:
    nodes = tuple(node.block for node in toy.space().all_nodes)
    with pytest.raises(InputRejected, match="'toy' is a single network"):
        search(replace(toy.space(), nodes=nodes), "qemu_m4", task=Bars(), output=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_missing_compiler_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(McugenError, match="arm-none-eabi-gcc is not on PATH"):
        searched(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_interrupted_baselines_leave_the_proved_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which need not be the candidate that was best: the proof may have repaired it."""
    first = (0,) * len(toy.space().decisions)

    def repaired(costs: Any, selection: Any, *rest: Any, **options: Any) -> Proof:
        return prove(costs, first, *rest, **options)

    def interrupt(title: str, done: int, total: int, figures: str = "") -> None:
        if title.startswith("baseline_"):
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "prove", repaired)
    with pytest.raises(SearchInterrupted, match="the network found, which is proved"):
        searched(tmp_path, epochs=2, rank_epochs=0, baselines=True, progress=interrupt)
    assert read_architecture(tmp_path / "arch.json") == toy.space().with_outputs(3).architecture(
        first
    )


def test_baselines_of_budgets_that_no_network_uses(tmp_path: Path) -> None:
    task = Bars()
    task.recipe = replace(task.recipe, epochs=1)  # type: ignore[misc]
    options = {"epochs": 2, "rank_epochs": 0, "ops": None, "baselines": True, "task": task}
    names = [b.name for b in searched(tmp_path / "a", **options).baselines]
    assert names[0] == "found" and "random" not in names


def test_other_files_are_other_options(tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    rates = {g: Rate(1.0) for g in features_of(toy.space().widest)}
    fitted = LatencyModel("qemu_m4", "aot", "instructions", "emulator", rates, 1.0, 20)
    write_latency(fitted, model)
    options = {"epochs": 2, "rank_epochs": 0, "latency_model": model}
    result = searched(tmp_path / "a", **options)
    assert result.latency and "estimate" in result.sources["latency"]
    assert searched(tmp_path / "a", resume=True, **options) == result
    write_latency(replace(fitted, samples=21), model)
    with pytest.raises(InputRejected, match=r"other options .*inputs: other latency_model"):
        searched(tmp_path / "a", resume=True, **options)
    write_latency(fitted, tmp_path / "a" / "latency.json")
    with pytest.raises(InputRejected, match="would read"):
        searched(tmp_path / "a", force=True, latency_model=tmp_path / "a" / "latency.json")
