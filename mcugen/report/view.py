"""What a report consists of, whichever result it shows."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

GOOD, BAD, UNSURE = "bold green", "bold red", "bold yellow"


@dataclass(frozen=True)
class View:
    """The verdict, all that `--quiet` shows, and what follows it."""

    verdict: Text
    body: tuple[RenderableType, ...] = ()


def verdict(good: bool | None, text: str) -> Text:
    """A verdict line, coloured and marked: True is good, False bad, None undecided."""
    mark, style = {True: ("✓", GOOD), False: ("✗", BAD), None: ("•", UNSURE)}[good]
    return Text.assemble((f"{mark} ", style), (text, style))
