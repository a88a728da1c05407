"""The mark of a data folder that mcugen has made, so that reports say that it is synthetic."""

from __future__ import annotations

from pathlib import Path

NOTE = "SYNTHETIC.txt"


def write_note(folder: Path, text: str) -> None:
    """Marks `folder`; `text` says what is in it and how it was made."""
    (folder / NOTE).write_text(f"{text}\n")


def is_synthetic(folder: Path) -> bool:
    """Whether the folder is marked."""
    return (folder / NOTE).is_file()
