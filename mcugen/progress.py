"""How long work tells that it advances."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the stage's name, the units done and their total (0: not known)."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""
