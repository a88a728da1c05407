"""How long work tells that it advances."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the stage's name, the units done and their total (0: not known).

    `figures` says in words how the work goes, such as a loss; those of a finished stage stay.
    """

    def __call__(self, stage: str, done: int, total: int, figures: str = "") -> None: ...


def silent(stage: str, done: int, total: int, figures: str = "") -> None:
    """Tells nobody."""
