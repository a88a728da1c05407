"""What the terminal shows of packs."""

from __future__ import annotations

from rich.console import RenderableType

from mcugen.report.escape import printable
from mcugen.report.tables import table
from mcugen.report.view import View, verdict
from mcugen.results import PacksResult


def packs_view(result: PacksResult) -> View:
    """All packs, a line each, and what the tflm runtime lacks."""
    if result.missing:
        line = f"the tflm runtime lacks {', '.join(result.missing)}"
    else:
        line = "all packs of the tflm runtime are here"
    rows = [
        (printable(f"{p.vendor}::{p.name}"), p.version, p.status, p.sha256[:16])
        for p in result.packs
    ]
    body: list[RenderableType] = []
    if rows:
        place = printable(f"Packs in {result.folder}")
        body.append(table(place, ["=pack", "=version", "", "=contents"], rows))
    return View(verdict(not result.missing, line), tuple(body))
