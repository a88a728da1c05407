"""The only place that prints.

Standard output carries the answer: a report, or with `--json` exactly one JSON object. Standard
error carries progress, notes and errors. Text that comes from models is never read as markup.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from mcugen.errors import McugenError
from mcugen.progress import Progress, silent
from mcugen.report.escape import printable
from mcugen.report.view import View
from mcugen.results import as_json

PIPE_COLUMNS = 120
"""Width of reports that go to a file or a pipe, unless COLUMNS says otherwise."""


class Console:
    """Where one command prints, as its options `--json`, `--quiet` and `--debug` ask."""

    def __init__(self, *, json: bool = False, quiet: bool = False, debug: bool = False) -> None:
        self.json = json
        self.quiet = quiet
        self.debug = debug
        self._out = _rich(sys.stdout)
        self._err = _rich(sys.stderr)

    def result(self, result: Any, view: View) -> None:
        """Prints a result: its JSON object, its verdict alone (`--quiet`), or the whole view."""
        if self.json:
            self.document(as_json(result))
            return
        self._out.print(view.verdict)
        if not self.quiet:
            for part in view.body:
                self._out.print()
                self._out.print(part)

    def failed_result(self, result: Any, view: View, error: McugenError) -> None:
        """Prints a result that is a refusal too: its JSON object has an `error` key."""
        if self.json:
            self.document(as_json(result) | {"error": error_document(error)})
        else:
            self.result(result, view)

    def document(self, document: Any) -> None:
        """Writes one JSON document to standard output, on one line unless that is a terminal."""
        indent = 2 if self._out.is_terminal else None
        # ASCII only: no byte of a name can act on a terminal, and every encoding can carry it.
        _write(self._out.file, json.dumps(document, indent=indent, allow_nan=False) + "\n")

    @property
    def width(self) -> int:
        """Columns of standard output."""
        return self._out.width

    def text(self, text: str) -> None:
        """Writes text of our own, such as help, as it is."""
        _write(self._out.file, text + "\n")

    def note(self, text: str) -> None:
        """A remark beside the answer, on standard error."""
        if self._chatty:
            self._err.print(Text.assemble(("note: ", "bold"), printable(text)), soft_wrap=True)

    def error(self, error: McugenError) -> None:
        """Says what went wrong and what to try, on standard error or as JSON on standard output."""
        if self.json:
            self.document({"error": error_document(error)})
            return
        self._err.print(
            Text.assemble(("error: ", "bold red"), _indented(error.message)), soft_wrap=True
        )
        suggestions = [line.strip() for line in error.hint.splitlines() if line.strip()]
        if suggestions:
            self._err.print(Text("Things to try:", "bold"))
        for line in suggestions:
            self._err.print(Text(f"  - {printable(line)}"), soft_wrap=True)

    def traceback(self) -> None:
        """The current exception's traceback, for `--debug`."""
        self._err.print_exception(show_locals=False)

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress callable: bars on a terminal, else one line a stage on standard error."""
        if not self._chatty:
            yield silent
        elif self._err.is_terminal:
            with _bars(self._err) as bars:
                yield _BarProgress(bars)
        else:
            yield _LineProgress(self._err)

    @property
    def _chatty(self) -> bool:
        return not self.quiet and (not self.json or self._err.is_terminal)


def error_document(error: McugenError) -> dict[str, Any]:
    """The JSON form of an error."""
    return {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}


class _BarProgress:
    """One bar for the stage at work; a stage whose total is 0 pulses.

    A stage that ends with figures leaves a line above the bar.
    """

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def __call__(self, stage: str, done: int, total: int, figures: str = "") -> None:
        if self._task is None:
            self._task = self._bars.add_task("", total=None, figures="")
        self._bars.update(
            self._task,
            description=printable(stage),
            completed=done,
            total=total or None,
            figures=printable(figures),
        )
        if figures and done == total:
            self._bars.console.print(_finished(stage, figures), soft_wrap=True)


class _LineProgress:
    """One line when a stage begins, and one with its figures, if it has any, when it ends."""

    def __init__(self, console: RichConsole) -> None:
        self._console = console
        self._seen: set[str] = set()

    def __call__(self, stage: str, done: int, total: int, figures: str = "") -> None:
        if figures:
            if done == total:
                self._console.print(_finished(stage, figures), soft_wrap=True)
        elif stage not in self._seen:
            self._seen.add(stage)
            self._console.print(Text(f"{printable(stage)} ..."), soft_wrap=True)


def _finished(stage: str, figures: str) -> Text:
    return Text(f"{printable(stage)}: {printable(figures)}")


def _bars(console: RichConsole) -> RichProgress:
    return RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        console=console,
        transient=True,
    )


def _rich(stream: IO[str]) -> RichConsole:
    # A character that the terminal's encoding lacks becomes '?' instead of an exception.
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return RichConsole(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        width=PIPE_COLUMNS if piped else None,
    )


def _indented(message: str) -> str:
    """A message of several lines, where no line but the first begins at the margin."""
    return "\n         ".join(printable(line) for line in message.splitlines())


def _write(stream: IO[str], text: str) -> None:
    stream.write(text)
    stream.flush()
