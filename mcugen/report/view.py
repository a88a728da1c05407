"""What a report consists of, whichever result it shows."""

from __future__ import annotations

import io
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.text import Text

GOOD, BAD, UNSURE = "bold green", "bold red", "bold yellow"

TEXT_COLUMNS = 120
"""Of reports in files."""


@dataclass(frozen=True)
class View:
    """The verdict, all that `--quiet` shows, and what follows it."""

    verdict: Text
    body: tuple[RenderableType, ...] = ()


def verdict(good: bool | None, text: str) -> Text:
    """A verdict line, coloured and marked: True is good, False bad, None undecided."""
    mark, style = {True: ("✓", GOOD), False: ("✗", BAD), None: ("•", UNSURE)}[good]
    return Text.assemble((f"{mark} ", style), (text, style))


def plain(view: View) -> str:
    """What a terminal would show, without colours, `TEXT_COLUMNS` wide."""
    stream = io.StringIO()
    console = Console(file=stream, width=TEXT_COLUMNS, markup=False, emoji=False, highlight=False)
    console.print(view.verdict)
    for part in view.body:
        console.print()
        console.print(part)
    return stream.getvalue()
