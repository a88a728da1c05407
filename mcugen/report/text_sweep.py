"""What the terminal shows of sweep."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable
from mcugen.report.tables import bullets, cell, table
from mcugen.report.view import View, verdict
from mcugen.search.sweep import Cost, Run, SweepResult

COST_NAMES: dict[Cost, str] = {
    "ops": "operations",
    "arena_bytes": "arena in SRAM, bytes",
    "flash_bytes": "image in flash, bytes",
}
_SHORT: dict[Cost, str] = {"ops": "ops", "arena_bytes": "arena", "flash_bytes": "flash"}


def sweep_view(result: SweepResult) -> View:
    """Each budget's mean, each run, and the fronts that it is on."""
    body: list[RenderableType] = [_budgets(result), _runs(result)]
    if result.failed:
        body.append(bullets("Failed:", result.failed))
    if result.notes:
        body.append(bullets("Notes:", result.notes))
    body.append(Text.assemble(("Report: ", "bold"), printable(str(result.folder / "report.html"))))
    return View(verdict(not result.failed or None, printable(_verdict(result))), tuple(body))


def fronts_of(result: SweepResult) -> dict[str, str]:
    """For each run's name, the costs whose fronts it is on."""
    return {
        run.name: ", ".join(
            short for cost, short in _SHORT.items() if run.name in result.fronts[cost]
        )
        for run in result.runs
    }


def percent(part: float | None) -> str:
    """A score as reports show it."""
    return "–" if part is None else f"{100 * part:.2f} %"


def _verdict(result: SweepResult) -> str:
    total, failed = len(result.runs), len(result.failed)
    line = f"{total} searches of {result.space} for {result.board}"
    if failed:
        line += f", {failed} of them failed"
    runs = {run.name: run for run in result.runs}
    best = [runs[name] for name in result.fronts["ops"]]
    if best:
        line += f": {result.metric} {_point(best[0])}"
    if len(best) > 1:
        line += f" to {_point(best[-1])}"
    return f"{line}, on synthetic data" if result.synthetic else line


def _point(run: Run) -> str:
    return f"{percent(run.accuracy)} ({run.ops:,} ops)"


def _budgets(result: SweepResult) -> RenderableType:
    rows = [
        (
            b.budgets,
            b.runs,
            *map(percent, (b.accuracy, b.accuracy_least, b.accuracy_most)),
            *(None if v is None else round(v) for v in (b.ops, b.arena_bytes, b.flash_bytes)),
        )
        for b in result.budgets
    ]
    columns = ["budgets", ">runs", f">{result.metric}", ">least", ">most"]
    title = "Means over seeds; accuracy on validation examples, after a short training"
    return table(title, [*columns, ">ops", ">arena", ">flash"], rows)


def _runs(result: SweepResult) -> RenderableType:
    fronts, latency = fronts_of(result), result.latency_unit
    rows = [
        (
            run.budgets,
            run.seed,
            Text("failed", "red") if run.error else percent(run.accuracy),
            *(run.ops, run.params, run.arena_bytes, run.flash_bytes),
            *([cell(None if run.latency is None else round(run.latency))] if latency else []),
            fronts[run.name],
        )
        for run in result.runs
    ]
    columns = ["budgets", ">seed", f">{result.metric}", ">ops", ">parameters", ">arena", ">flash"]
    return table(
        "Runs", [*columns, *([f">{latency}"] if latency else []), "=on the front of"], rows
    )
