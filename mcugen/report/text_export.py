"""What the terminal shows of export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType

from mcugen.report.escape import printable
from mcugen.report.tables import bullets, size, table
from mcugen.report.view import View, verdict

if TYPE_CHECKING:
    from mcugen.exporting import ExportResult


def export_view(result: ExportResult) -> View:
    """What was written, and what it takes."""
    line = f"wrote {result.output}: {result.name}, {result.bits}, {result.file_bytes:,} B"
    source = result.sources.get
    operators = ", ".join(f"{count} {name}" for name, count in result.operators.items())
    rows: list[tuple[object, ...]] = [
        ("weights from", str(result.checkpoint or f"seed {result.seed}"), None),
        ("output", "probabilities" if result.softmax else "logits", None),
        ("operators", operators, source("operators")),
        ("multiply-accumulates", result.macs, source("macs")),
        ("parameters", result.params, source("params")),
        ("weights", size(result.weights_bytes), source("weights_bytes")),
        ("arena", size(result.arena_bytes), source("arena_bytes")),
    ]
    body: list[RenderableType] = [table("", ["", "", ""], rows)]
    if result.notes:
        body.append(bullets("Notes:", result.notes))
    return View(verdict(True, printable(line)), tuple(body))
