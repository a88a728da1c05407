"""What the terminal shows of characterize."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable
from mcugen.report.tables import bullets, cell, table
from mcugen.report.view import View, verdict
from mcugen.search.characterization import CharacterizeResult


def characterize_view(result: CharacterizeResult) -> View:
    """How well operations predict, how well the model does, and where operations fail."""
    body: list[RenderableType] = [_fits(result), _groups(result)]
    if result.failed:
        body.append(bullets("Not measured:", result.failed))
    if result.notes:
        body.append(bullets("Notes:", result.notes))
    body.append(Text.assemble(("Report: ", "bold"), printable(str(result.folder / "report.html"))))
    return View(verdict(True, printable(_verdict(result))), tuple(body))


def line_text(result: CharacterizeResult) -> str:
    """The fitted line in words."""
    line = result.line
    return (
        f"{result.unit} = {line.slope:.4g} × operations {'+-'[line.intercept < 0]} "
        f"{abs(line.intercept):,.0f}"
    )


def _verdict(result: CharacterizeResult) -> str:
    failed = f", {len(result.failed)} could not be" if result.failed else ""
    return (
        f"{result.samples} networks of {result.space} were measured{failed} on {result.board} "
        f"({result.label}, {result.runtime}): {result.line.slope:.3g} {result.unit} an operation, "
        f"r² {result.line.r2:.4f}"
    )


def _fits(result: CharacterizeResult) -> RenderableType:
    line = result.line
    model_r2 = None if result.model_r2 is None else f"{result.model_r2:.4f}"
    rows = [
        ("operations", line_text(result), f"{line.r2:.4f}", percent(line.error)),
        (
            "layers, by kind",
            result.latency_model and str(result.latency_model),
            cell(model_r2),
            cell(percent(result.model_error)),
        ),
    ]
    title = f"What predicts {result.unit}, {result.ops_least:,} to {result.ops_most:,} operations"
    return table(title, ["predicted from", "=", ">r²", ">median error"], rows)


def _groups(result: CharacterizeResult) -> RenderableType:
    rows = [
        (
            g.group,
            g.layers,
            percent(g.ops_share),
            percent(g.taken_share),
            number(g.per_op),
            "-" if g.per_op_low is None else f"{number(g.per_op_low)} … {number(g.per_op_high)}",
            f"{100 * g.residual:+.1f} %",
            cell(percent(g.error)),
        )
        for g in result.groups
    ]
    columns = [
        *("=layers", ">number", ">of ops", f">of {result.unit}", ">an op, median"),
        *(">10 to 90 %", ">line's residual", ">model's error"),
    ]
    return table(f"Kinds of layers; {result.unit} by {result.label}", columns, rows)


def percent(part: float | None) -> str | None:
    """A share in per cent, with a digit behind the point."""
    return None if part is None else f"{100 * part:.1f} %"


def number(value: float | None) -> str | None:
    """Three digits."""
    return None if value is None else f"{value:.3g}"
