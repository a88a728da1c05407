"""Strings from models, boards and tools, made harmless for a terminal."""

from __future__ import annotations

import sys

from mcugen.text import printable as _printable


def printable(text: str) -> str:
    """One line of visible characters, at full length: no name can move the cursor, change colours
    or fake a line."""
    return _printable(text, sys.maxsize)


def shorten(text: str, width: int) -> str:
    """`printable` text in at most `width` characters, its middle left out: both ends tell most."""
    text = printable(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
