"""What may reach a terminal, a pipe and a JSON reader."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass

import pytest
from rich.text import Text

from mcugen.console import Console
from mcugen.errors import InputRejected
from mcugen.report.escape import printable, shorten
from mcugen.report.view import View, verdict

HOSTILE = "[red]x[/red] \x1b[31m\x07\n\u202e\x9b1m\ud800"


@dataclass(frozen=True)
class Answer:
    name: str
    value: float = 1.0


class Terminal(io.StringIO):
    """A stream that says that a person is looking."""

    def isatty(self) -> bool:
        return True


def terminals(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, Terminal]:
    """Makes standard output and error terminals that show colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    return out, err


def test_printable_leaves_nothing_that_acts() -> None:
    shown = printable(HOSTILE)
    assert shown.isprintable()
    assert shown.startswith("[red]x[/red] \\x1b[31m\\x07\\n\\u202e")


def test_shorten_keeps_both_ends() -> None:
    assert shorten("abcdefghij", 5) == "ab…ij"
    assert shorten("abc", 5) == "abc"
    assert len(shorten("x" * 100 + "\n" * 50, 20)) == 20


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(json=True)
    with console.progress() as progress:
        progress("compiling", 1, 2)
    console.note("remark")
    console.result(Answer(HOSTILE, math.nan), View(verdict(True, "done")))
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"name": HOSTILE, "value": None}
    assert captured.out.isascii() and "\x1b" not in captured.out
    assert captured.out.count("\n") == 1
    assert captured.err == ""


def test_quiet_shows_the_verdict_alone(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    with console.progress() as progress:
        progress("compiling", 1, 2)
    console.note("remark")
    console.result(Answer("a"), View(verdict(True, "fits"), (Text("table"),)))
    captured = capsys.readouterr()
    assert captured.out == "✓ fits\n"
    assert captured.err == ""


def test_an_error_ends_in_things_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    Console().error(InputRejected("no such board", "mcugen boards\nread the manual"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: no such board\nThings to try:\n  - mcugen boards\n  - read the manual\n"
    )


def test_an_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    Console(json=True).error(InputRejected("no such board", "mcugen boards"))
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "error": {"message": "no such board", "hint": "mcugen boards", "exit_code": 2}
    }
    assert captured.err == ""


def test_a_name_in_an_error_cannot_act(capsys: pytest.CaptureFixture[str]) -> None:
    Console().error(InputRejected(f"tensor '{HOSTILE}'\nThings to try:\n  - rm -rf ~"))
    err = capsys.readouterr().err
    assert "\x1b" not in err and "\u202e" not in err
    assert "[red]x[/red]" in err
    assert not any(line.startswith(("Things", "  -")) for line in err.splitlines())


def test_stages_are_plain_lines_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().progress() as progress:
        for done in range(3):
            progress("running", done, 2)
        progress("comparing", 0, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "running ...\ncomparing ...\n"


def test_a_terminal_gets_bars_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = terminals(monkeypatch)
    console = Console()
    with console.progress() as progress:
        progress("running [red]", 1, 2)
        progress("running [red]", 2, 2)
    console.result(Answer("a"), View(verdict(False, "too big")))
    assert "running [red]" in err.getvalue() and "2/2" in err.getvalue()
    assert "\x1b[1;31m" in out.getvalue()


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = terminals(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    Console().result(Answer("a"), View(verdict(False, "too big")))
    assert "31m" not in out.getvalue()


def test_no_colour_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Console().result(Answer("a"), View(verdict(False, "too big")))
    assert "\x1b" not in capsys.readouterr().out


def test_an_encoding_without_the_character_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    Console().result(Answer("a"), View(verdict(True, "fits")))
    assert raw.getvalue() == b"? fits\n"


def test_figures_stay_when_a_stage_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with Console().progress() as progress:
            for done in range(3):
                progress("epoch 1", done, 2, f"loss {3 - done} \x1b[2J")

    work()
    assert capsys.readouterr().err == "epoch 1: loss 1 \\x1b[2J\n"
    _, err = terminals(monkeypatch)
    work()
    assert "epoch 1: loss 1 \\x1b[2J" in err.getvalue()
    assert "\x1b[2J" not in err.getvalue()
