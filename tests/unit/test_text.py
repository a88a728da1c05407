"""Text from a model file is harmless in a message."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings

from mcugen.text import printable


@given(st.text(st.characters(), max_size=200), st.integers(1, 100))
@settings(derandomize=True, database=None)
def test_printable_and_short(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable() and len(shown) <= limit
    assert printable(shown, limit) == shown


def test_examples() -> None:
    assert printable("conv/Größe:0") == "conv/Größe:0"
    assert printable("\x1b[2J\n\u202e") == "\\x1b[2J\\n\\u202e"
    assert printable("x" * 100, 10) == "xxxxxxxxx…"
