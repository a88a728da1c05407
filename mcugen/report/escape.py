"""Strings from models, boards and tools, made harmless for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """One line of visible characters.

    Control characters, line ends, bidirectional marks and lone surrogates become Python's backslash
    escapes, so no name can move the cursor, change colours or fake a line.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shorten(text: str, width: int) -> str:
    """`printable` text in at most `width` characters, its middle left out: both ends tell most."""
    text = printable(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
