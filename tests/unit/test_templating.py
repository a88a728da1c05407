"""What makes text safe and tidy in C."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from jinja2 import UndefinedError

from mcugen.templating import C_COLUMNS, c_call, c_comment, c_float, render


@given(st.text())
def test_comment(text: str) -> None:
    clean = c_comment(text)
    assert re.fullmatch(r"[A-Za-z0-9_.:;,/ +()\[\]=>-]{0,80}", clean)
    assert "*" not in clean and "\\" not in clean and "?" not in clean


def test_comment_is_cut() -> None:
    assert c_comment("a" * 80) == "a" * 80
    assert c_comment("a" * 81) == "a" * 77 + "..."


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_reads_back(value: float) -> None:
    text = c_float(value)
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[-+]\d+)?f", text) and ("." in text or "e" in text)
    found = np.float32(text[:-1])
    assert found == np.float32(value) and np.signbit(found) == np.signbit(np.float32(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0f"),
        (-0.0, "-0.0f"),
        (1e20, "1e+20f"),
        (float("inf"), "INFINITY"),
        (float("-inf"), "-INFINITY"),
        (float("nan"), "NAN"),
    ],
)
def test_float(value: float, text: str) -> None:
    assert c_float(value) == text


def test_call() -> None:
    assert c_call(["a", "b"], "  f(") == "  f(a, b);"
    assert c_call([], "f(") == "f();"
    long = "x" * 30
    assert c_call([long] * 4, "  f(") == f"  f({long}, {long}, {long},\n    {long});"
    head = "y" * 80 + "("
    assert c_call([long, long], head) == f"{head}\n    {long}, {long});"


@given(st.lists(st.from_regex(r"[a-z]{1,60}", fullmatch=True), max_size=12))
def test_call_keeps_arguments_and_columns(arguments: list[str]) -> None:
    text = c_call(arguments, "  function(")
    assert text.removeprefix("  function(").removesuffix(");").split() == [
        a + "," * (i + 1 < len(arguments)) for i, a in enumerate(arguments)
    ]
    assert max(map(len, text.split("\n"))) <= C_COLUMNS


def test_undefined_names_are_errors() -> None:
    with pytest.raises(UndefinedError):
        render("project/README.md.j2")
