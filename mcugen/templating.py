"""Jinja templates: every byte of generated text starts in `templates/`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"


def c_comment(text: str) -> str:
    """Model text made harmless inside a C comment: a plain subset of ASCII, at most 80 long."""
    clean = re.sub(r"[^A-Za-z0-9_.:;,/ +()\[\]=>-]", "_", text)
    return clean if len(clean) <= 80 else clean[:77] + "..."


def c_string(text: str) -> str:
    """Model text as a C string literal, quotes included."""
    return '"' + re.sub(r"[^A-Za-z0-9_.:;,/ +()\[\]=-]", "_", text)[:80] + '"'


def c_float(value: float) -> str:
    """A float32 as a C literal that reads back exactly."""
    text = f"{value:.9g}"
    return (text if any(c in text for c in ".en") else text + ".0") + "f"


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
    environment.filters |= {"c_comment": c_comment, "c_string": c_string, "c_float": c_float}
    return environment


def render(template: str, **values: Any) -> str:
    """The text of `templates/<template>` with `values`; an undefined name is an error."""
    return _environment().get_template(template).render(**values)
