"""Text that comes from a model file, made fit to stand in a message."""

from __future__ import annotations


def printable(text: str, limit: int = 80) -> str:
    """`text` with everything unprintable escaped as in a Python literal, cut to `limit`.

    Characters that a terminal or an editor could obey (control characters, direction overrides,
    line separators, lone surrogates) are never passed on.
    """
    # No character escapes to less than one, so more than `limit` of them need not be looked at.
    shown = "".join(_escaped(c) for c in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
