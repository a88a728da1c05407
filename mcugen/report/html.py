"""The page that `inspect --html` writes: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mcugen.errors import InputRejected
from mcugen.report.escape import printable
from mcugen.report.kernels import CORES, cost, measured_unit, passed_over, per_mac, shapes
from mcugen.report.memory_plan import draw_memory_plan, human_bytes
from mcugen.report.tables import shape
from mcugen.results import InspectResult
from mcugen.templating import TEMPLATES
from mcugen.version import VERSION

SHOWN_SCALES = 256
"""Per-channel scales that the page lists, for each tensor."""


def inspect_page(result: InspectResult) -> str:
    """The page's HTML."""
    return (
        environment()
        .get_template("inspect.html.j2")
        .render(
            r=result,
            plan=draw_memory_plan(result),
            tensor_by_index={t.index: t for t in result.tensors},
            most_macs=max((o.macs for o in result.operators), default=0),
            shown_scales=SHOWN_SCALES,
            cores=CORES,
            unit=measured_unit(result),
            shapes=shapes,
            cost=cost,
            per_mac=per_mac,
            passed_over=passed_over,
            version=VERSION,
        )
    )


def write_inspect_page(result: InspectResult, path: Path) -> None:
    """Writes the page; raises InputRejected if `path` cannot be written."""
    try:
        path.write_text(inspect_page(result), encoding="utf-8")
    except OSError as error:
        raise InputRejected(f"cannot write '{path}': {error.strerror}") from None


@cache
def environment() -> Environment:
    """Jinja for pages: what is not marked as safe becomes text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        # Visible characters only; autoescape then makes them text.
        "name": printable,
        "number": lambda value: f"{value:,}",
        "count": lambda value: f"{value:,}" if value else "–",
        "human": human_bytes,
        "shape": shape,
        "coordinate": lambda value: f"{value:.2f}".rstrip("0").rstrip("."),
        "percent": lambda part, whole: f"{100 * part / whole if whole else 0:.1f}",
        "scale": lambda value: f"{value:.6g}",
    }
    return environment
