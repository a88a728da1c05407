"""Prefixes of generated names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.errors import InputRejected
from mcugen.project.names import checked_prefix, prefix_from


@pytest.mark.parametrize(
    ("stem", "prefix"),
    [
        ("kws", "kws"),
        ("KWS-Ref.Model (2)", "kws_ref_model_2"),
        ("2nd", "model_2nd"),
        ("", "model"),
        ("___", "model"),
        ("日本", "model"),
        ("stdint", "model_stdint"),
        ("Arduino", "model_arduino"),
        ("mcugen", "model_mcugen"),
        ("mcugen_board", "model_mcugen_board"),
        ("nul", "model_nul"),
        ("int", "int"),
        ("a" * 100, "a" * 40),
        ("9" * 100, "model_" + "9" * 34),
        ("a" * 39 + "-b", "a" * 39),
        ("*/ int x; /*", "int_x"),
        ("../../etc/passwd", "etc_passwd"),
    ],
)
def test_prefix_from(stem: str, prefix: str) -> None:
    assert prefix_from(stem) == prefix


@given(st.text(max_size=60))
def test_every_file_name_gives_a_prefix(stem: str) -> None:
    assert checked_prefix(prefix_from(stem)) == prefix_from(stem)


@given(st.from_regex(r"[a-z]{1,60}", fullmatch=True))
def test_every_word_gives_a_prefix(stem: str) -> None:
    assert checked_prefix(prefix_from(stem)) == prefix_from(stem)


@pytest.mark.parametrize(
    "prefix",
    [
        *(
            "",
            "Kws",
            "1a",
            "_a",
            "a_",
            "a__b",
            "a-b",
            "a b",
            "a\n",
            "é",
            "a" * 41,
            "a/b",
            "..",
            "a;",
        ),
        *("stdio", "unistd", "main", "con", "mcugen"),
    ],
)
def test_refused(prefix: str) -> None:
    with pytest.raises(InputRejected, match="cannot be the prefix") as error:
        checked_prefix(prefix)
    assert f"--name {prefix_from(prefix)}" in error.value.hint


@pytest.mark.parametrize("prefix", ["a", "kws_2", "a" * 40, "int", "class"])
def test_accepted(prefix: str) -> None:
    assert checked_prefix(prefix) == prefix
