"""What sweep writes beside pareto.csv: the plots, report.json, report.html and report.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mcugen.output_file import write_output
from mcugen.report.escape import shorten
from mcugen.report.html import environment
from mcugen.report.scatter import Axis, Point, Series, scatter_svg
from mcugen.report.text_sweep import COST_NAMES, fronts_of, percent, sweep_view
from mcugen.report.view import plain
from mcugen.results import as_json
from mcugen.search.sweep import COSTS, Cost, Run, SweepResult, front
from mcugen.version import VERSION

LABEL_COLUMNS = 30
LOG_FROM = 8.0
"""Costs that differ by this factor are drawn along a logarithmic axis."""


def plot_paths(folder: Path, runs: Sequence[Run]) -> tuple[Path, ...]:
    """Where the plots are, one for each cost that a run with an accuracy has."""
    return tuple(
        folder / f"pareto_{cost}.svg" for cost in COSTS if any(run.rated(cost) for run in runs)
    )


def write_report(result: SweepResult, options: dict[str, Any]) -> None:
    """Writes the files into the sweep's folder; `options` is what all runs have in common."""
    plots = {path: draw(result, cost) for cost in COSTS for path in _path_of(result, cost)}
    for path, plot in plots.items():
        write_output(path, plot.encode())
    document = {"mcugen": VERSION, "options": options} | as_json(result)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_output(result.folder / "report.json", text.encode())
    page = sweep_page(result, list(plots.values()))
    write_output(result.folder / "report.html", page.encode())
    write_output(result.folder / "report.txt", plain(sweep_view(result)).encode())


def draw(result: SweepResult, cost: Cost) -> str:
    """Accuracy against a cost as SVG: a point for each run, and the front."""
    series = []
    for budgets in dict.fromkeys(run.budgets for run in result.runs):
        runs = [run for run in result.runs if run.budgets == budgets]
        points = [
            Point(value, 100 * accuracy, _title(run, cost), hollow=not run.within_budgets)
            for run in runs
            if (rating := run.rated(cost)) is not None
            for value, accuracy in (rating,)
        ]
        if points:
            series.append(Series(shorten(budgets, LABEL_COLUMNS), points))
    values = [point.x for s in series for point in s.points]
    log = min(values) > 0 and max(values) > LOG_FROM * min(values)
    return scatter_svg(
        [Series("front", _front(result, cost), line=True), *series],
        Axis(COST_NAMES[cost], log),
        Axis(f"{result.metric} in %, validation examples"),
    )


def sweep_page(result: SweepResult, plots: Sequence[str]) -> str:
    """The page's HTML; `plots` are drawings of ours."""
    return (
        environment()
        .get_template("sweep.html.j2")
        .render(
            r=result,
            plots=[Markup(plot) for plot in plots],
            over=any(not (run.within_budgets or run.error) for run in result.runs),
            fronts=fronts_of(result),
            percent=percent,
            version=VERSION,
        )
    )


def _path_of(result: SweepResult, cost: Cost) -> list[Path]:
    return [path for path in result.plots if path.stem == f"pareto_{cost}"]


def _front(result: SweepResult, cost: Cost) -> list[Point]:
    """The stairs of the best accuracy that each cost gives, from the first run to the last."""
    points: list[Point] = []
    for run in front(result.runs, cost):
        value, accuracy = run.rated(cost) or (0.0, 0.0)
        if points:
            points.append(Point(value, points[-1].y))
        points.append(Point(value, 100 * accuracy))
    return points


def _title(run: Run, cost: Cost) -> str:
    over = "" if run.within_budgets else ", not within its budgets"
    return f"{run.name}: {getattr(run, cost):,} {cost}, {percent(run.accuracy)}{over}"
