"""mcugen sweep: options, JSON, interruption, failures, and the reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcugen.errors import McugenError
from mcugen.report.sweep_page import draw, plot_paths, sweep_page
from mcugen.report.text_sweep import sweep_view
from mcugen.report.view import plain
from mcugen.search.sweep import COSTS, SweepResult, budget_figures, front
from tests.unit.cli.test_cli import only_object, run, stub
from tests.unit.search.sweep_work import run as found

ARGUMENTS = ("sweep", "kws", "--board", "nucleo_f446re", "-o", "runs/x")
HOSTILE = "<script>\x1b[31m{{7*7}}"


def sweep_result(name: str = "kws", **changes: Any) -> SweepResult:
    """A plausible one; `name` stands wherever a name can."""
    runs = (
        found(f"{name}-0", budgets=name),
        found(f"{name}-1", budgets=name, accuracy=0.7, within_budgets=False),
        found(f"{name}-2", budgets="ops 40K", accuracy=0.9, ops=39_000, latency=7.5),
        found(f"{name}-3", error=name, within_budgets=False, accuracy=None, ops=None),
    )
    result = SweepResult(
        space=name,
        task=name,
        board="nucleo_f446re",
        data=name,
        synthetic=True,
        metric="accuracy",
        latency_unit="microseconds",
        failed=(f"{name}-3: {name}",),
        notes=(name,),
        budgets=budget_figures(runs),
        folder=Path("runs/x"),
        sources=dict.fromkeys(("accuracy", *COSTS), "static"),
        runs=runs,
        fronts={cost: tuple(r.name for r in front(runs, cost)) for cost in COSTS},
        csv=Path("runs/x/pareto.csv"),
        plots=plot_paths(Path("runs/x"), runs),
    )
    return replace(result, **changes)


def test_json_ends_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "sweep", sweep_result())
    document = only_object(run(*ARGUMENTS, "--json"))
    assert list(document)[-4:] == ["runs", "fronts", "csv", "plots"]
    assert document["fronts"]["ops"] == ["kws-0", "kws-2"]
    assert document["csv"] == "runs/x/pareto.csv" and len(document["plots"]) == 3
    assert document["runs"][3]["accuracy"] is None and document["runs"][0]["ops"] == 19_800


def test_options_reach_the_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stub(monkeypatch, "sweep", sweep_result())
    words = (
        *("--ops", "20M,40M", "--sram", "96K", "--seeds", "5", "--processes", "2", "--resume"),
        *("--bits", "mixed", "--epochs", "3", "--rank-epochs", "2", "--task", "kws"),
    )
    shown = run(*ARGUMENTS, *words)
    assert shown.exit_code == 0
    assert "4 searches of kws for nucleo_f446re, 1 of them failed" in shown.stdout
    assert "accuracy 81.00 % (19,800 ops) to 90.00 % (39,000 ops)" in shown.stdout
    (call,) = calls
    assert (call["space"], call["board"], call["output"]) == (
        "kws",
        "nucleo_f446re",
        Path("runs/x"),
    )
    assert (call["ops"], call["sram"], call["flash"], call["latency"]) == (
        "20M,40M",
        "96K",
        None,
        None,
    )
    assert (call["seeds"], call["processes"], call["ray"]) == (5, 2, None)
    assert (call["bits"], call["epochs"], call["rank_epochs"]) == ("mixed", 3, 2)
    assert call["resume"] is True and call["force"] is False and call["data"] == "synthetic"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "--resume"),
        (McugenError("all 4 searches have failed", "runs has their logs"), 1, "all 4 searches"),
    ],
)
def test_what_ends_it(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    stub(monkeypatch, "sweep", error)
    shown = run(*ARGUMENTS)
    assert shown.exit_code == code and message in shown.stderr and not shown.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("kwz", "--board", "qemu_m4"), "no search space 'kwz'"),
        (("kws", "--board", "nucleo"), "nucleo"),
        (("kws", "--board", "qemu_m4", "--ops", "20M,1K"), "smallest network"),
        (("kws", "--board", "qemu_m4", "--ops", "20M,20000K"), "same budgets twice"),
        (("kws", "--board", "qemu_m4", "--bits", "2"), "--bits"),
        (("kws", "--board", "qemu_m4", "--seeds", "0"), "--seeds"),
        (("kws", "--board", "qemu_m4", "--processes", "0"), "--processes"),
        (("missing.py", "--board", "qemu_m4"), "no file missing.py"),
    ],
)
def test_mistakes_are_found_at_once(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    shown = run("sweep", *words, "-o", str(tmp_path / "x"), "--json")
    assert shown.exit_code == 2
    assert message in only_object(shown)["error"]["message"]
    assert not (tmp_path / "x").exists()


def test_reports_show_hostile_names_as_text() -> None:
    result = sweep_result(HOSTILE)
    plots = [draw(result, cost) for cost in COSTS]
    for text in (*plots, sweep_page(result, plots), plain(sweep_view(result))):
        assert "\x1b" not in text and "{{7*7}}" in text
    assert all("<script" not in text for text in (*plots, sweep_page(result, plots)))


def test_plots_tell_budgets_and_fronts() -> None:
    svg = draw(sweep_result(), "ops")
    assert svg.count('class="point"') == 3 and svg.count('fill="none" stroke="#b9631a"') == 1
    assert "kws-1: 19,800 ops, 70.00 %, not within its budgets" in svg
    # The front is a stair of two runs.
    (line,) = [part for part in svg.split("<path ") if 'class="line"' in part]
    assert line.count("L") == 2
    many = tuple(found(f"r{i}", budgets=f"ops {i}M", ops=i, accuracy=i / 100) for i in range(1, 25))
    svg = draw(sweep_result(runs=many), "ops")
    points = [part for part in svg.split("<path ") if 'class="point"' in part]
    looks = {part[part.index("d=") : part.index("><title")] for part in points}
    assert len(looks) == 24 and 'viewBox="0 0 640 528"' in svg
