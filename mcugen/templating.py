"""Jinja templates: every byte of generated text starts in `templates/`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
C_COLUMNS = 100


def c_comment(text: str) -> str:
    """Model text made harmless inside a C comment: a plain subset of ASCII, at most 80 long."""
    clean = re.sub(r"[^A-Za-z0-9_.:;,/ +()\[\]=>-]", "_", text)
    return clean if len(clean) <= 80 else clean[:77] + "..."


def c_float(value: float) -> str:
    """A float32 as a C expression that reads back exactly; INFINITY and NAN are those of math.h."""
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    text = f"{value:.9g}"
    return (text if any(c in text for c in ".e") else text + ".0") + "f"


def c_call(arguments: Sequence[str], head: str, tail: str = ");") -> str:
    """`head` (with its open parenthesis), arguments and `tail`, broken as clang-format would.

    Lines are filled under the first argument, or, where one would be too long there, below `head`.
    """
    indent = len(head) - len(head.lstrip())
    for start, column in ((head, len(head)), (head + "\n" + " " * (indent + 4), indent + 4)):
        lines = _filled(arguments, column, len(tail))
        text = start + ("\n" + " " * column).join(lines) + tail
        if max(map(len, text.split("\n"))) <= C_COLUMNS:
            break
    return text


def _filled(arguments: Sequence[str], column: int, tail: int) -> list[str]:
    """The arguments in lines that start at `column`, commas included."""
    lines = [""]
    for i, argument in enumerate(arguments):
        is_last = i + 1 == len(arguments)
        text = argument if is_last else argument + ","
        longer = f"{lines[-1]} {text}".lstrip()
        if column + len(longer) + (tail if is_last else 0) > C_COLUMNS and lines[-1]:
            lines.append(text)
        else:
            lines[-1] = longer
    return lines


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # C, ini and markdown; the HTML report has an environment of its own
    )
    environment.filters |= {"c_comment": c_comment, "c_float": c_float, "c_call": c_call}
    return environment


def render(template: str, **values: Any) -> str:
    """The text of `templates/<template>` with `values`; an undefined name is an error."""
    return _environment().get_template(template).render(**values)
