"""The page that a search writes: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from mcugen.report.curves import Chart, draw_curves
from mcugen.report.html import environment
from mcugen.report.text_search import BUDGETS, compared_by, source_of
from mcugen.search.results import SearchResult
from mcugen.version import VERSION

Curves = dict[str, list[float | None]]


def search_page(result: SearchResult) -> str:
    """The page's HTML."""
    return (
        environment()
        .get_template("search.html.j2")
        .render(
            r=result,
            charts=_charts(result) if result.history else [],
            budgets=[
                (BUDGETS[name], found, result.budgets[name], source_of(result, name))
                for name, found in result.measured.items()
            ],
            compared_by=compared_by(result.candidates),
            version=VERSION,
        )
    )


def _charts(result: SearchResult) -> list[Chart]:
    history, stages = result.history, [epoch.stage for epoch in result.history]
    shares: Curves = {
        f"{BUDGETS[name]}, % of its budget": [
            _percent(getattr(epoch, name), budget) for epoch in history
        ]
        for name, budget in result.budgets.items()
    }
    losses: Curves = {
        "loss, weights' examples": [epoch.loss for epoch in history],
        "loss, choices' examples": [epoch.architecture_loss for epoch in history],
    }
    accuracies: Curves = {
        "accuracy in %, weights' examples": [_percent(epoch.accuracy) for epoch in history],
        "accuracy in %, choices' examples": [
            _percent(epoch.architecture_accuracy) for epoch in history
        ],
    }
    decisions: Curves = {
        "certainty of decisions": [epoch.certainty for epoch in history],
        "temperature": [epoch.temperature for epoch in history],
    }
    charts = (draw_curves(c, stages) for c in (shares, decisions, losses, accuracies))
    return [chart for chart in charts if chart.lines]


def _percent(value: float | None, of: float = 1.0) -> float | None:
    return None if value is None else 100.0 * value / of
