"""mcugen search: options, JSON, interruption, exit codes, and the report that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.errors import McugenError
from mcugen.report.search_page import search_page
from tests.unit.cli.test_cli import only_object, run, stub
from tests.unit.search.search_results import search_result

ARGUMENTS = ("search", "kws", "--board", "nucleo_f446re", "-o", "runs/x")
HOSTILE = "<script>\x1b[31m{{7*7}}"


def test_json_ends_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "search", search_result())
    document = only_object(run(*ARGUMENTS, "--json"))
    assert list(document)[-11:] == [
        *("sources", "arch", "model", "ops", "params", "arena_bytes", "flash_bytes", "latency"),
        *("budgets", "within_budgets", "accuracy"),
    ]
    assert document["arch"] == "runs/x/arch.json" and document["budgets"]["ops"] == 10_000


def test_options_reach_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stub(monkeypatch, "search", search_result())
    words = (
        *("--sram", "96K", "--flash", "400K", "--ops", "20M", "--bits", "mixed", "--seed", "5"),
        *("--epochs", "3", "--baselines", "--resume", "--task", "kws", "--rank-epochs", "0"),
    )
    result = run(*ARGUMENTS, *words)
    assert result.exit_code == 0 and "within all budgets" in result.stdout
    assert "left out" in result.stdout and "81.00 %" in result.stdout
    (call,) = calls
    assert (call["space"], call["board"], call["output"]) == (
        "kws",
        "nucleo_f446re",
        Path("runs/x"),
    )
    assert (call["sram"], call["flash"], call["ops"]) == ("96K", "400K", "20M")
    assert (call["bits"], call["seed"], call["epochs"], call["rank_epochs"]) == ("mixed", 5, 3, 0)
    assert call["baselines"] is True and call["resume"] is True and call["force"] is False
    assert call["latency"] is None and call["data"] == "synthetic" and call["task"] == "kws"


def test_a_network_over_its_budgets_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "search", search_result(within_budgets=False, arena_bytes=99_000))
    result = run(*ARGUMENTS)
    assert result.exit_code == 3 and "not within the budgets" in result.stdout


def test_an_interruption_says_what_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = McugenError("interrupted after 2 of 50 epochs: arch.json holds", "--resume")
    interrupted.exit_code = 130
    stub(monkeypatch, "search", interrupted)
    result = run(*ARGUMENTS)
    assert result.exit_code == 130 and "after 2 of 50 epochs" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("search", "kwz", "--board", "qemu_m4"), "no search space 'kwz'"),
        (("search", "kws", "--board", "nucleo"), "nucleo"),
        (("search", "kws", "--board", "qemu_m4", "--ops", "1K"), "smallest network"),
        (("search", "kws", "--board", "qemu_m4", "--bits", "2"), "--bits"),
        (("search", "kws", "--board", "qemu_m4", "--epochs", "0"), "--epochs"),
        (("search", "missing.py", "--board", "qemu_m4"), "no file missing.py"),
    ],
)
def test_mistakes_are_found_at_once(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    result = run(*words, "-o", str(tmp_path / "x"), "--json")
    assert result.exit_code == 2
    assert message in only_object(result)["error"]["message"]
    assert not (tmp_path / "x").exists()


def test_the_page_shows_hostile_names_as_text() -> None:
    page = search_page(search_result(HOSTILE))
    assert "<script" not in page and "\x1b" not in page and "49" in page
    assert "{{7*7}}" in page and 'class="l0"' in page
    assert search_page(search_result(history=(), flash_bytes=None, accuracy=None))
