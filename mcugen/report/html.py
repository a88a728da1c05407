"""The pages that `--html` writes: one file each, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mcugen.errors import InputRejected
from mcugen.report.comparison import is_good, ratio_text, rows_of, verdict_line
from mcugen.report.escape import printable
from mcugen.report.kernels import CORES, cost, measured_unit, passed_over, per_mac, shapes
from mcugen.report.memory_plan import draw_memory_plan, human_bytes
from mcugen.report.tables import shape
from mcugen.results import CompareResult, InspectResult
from mcugen.templating import TEMPLATES
from mcugen.version import VERSION

SHOWN_SCALES = 256
"""Per-channel scales that the page lists, for each tensor."""


def inspect_page(result: InspectResult) -> str:
    """The HTML of `inspect`."""
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


def compare_page(result: CompareResult) -> str:
    """The HTML of `compare`."""
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            r=result,
            names=[each.runtime for each in result.runtimes],
            rows=rows_of(result),
            ratio=ratio_text,
            good=is_good(result),
            line=verdict_line(result),
            version=VERSION,
        )
    )


def write_page(page: str, path: Path) -> None:
    """Writes a page's HTML; raises InputRejected if `path` cannot be written."""
    try:
        path.write_text(page, encoding="utf-8")
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
