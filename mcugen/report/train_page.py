"""The page that a training run writes: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from mcugen.report.curves import draw_curves
from mcugen.report.html import environment
from mcugen.train.results import TrainResult
from mcugen.version import VERSION


def train_page(result: TrainResult) -> str:
    """The page's HTML."""
    history, stages = result.history, [epoch.stage for epoch in result.history]
    losses = {
        "loss, training": [epoch.loss for epoch in history],
        "loss, validation": [epoch.validation_loss for epoch in history],
    }
    scores = {
        "accuracy, training": [_percent(epoch.accuracy) for epoch in history],
        f"{result.metric}, validation": [_percent(epoch.validation_score) for epoch in history],
    }
    return (
        environment()
        .get_template("train.html.j2")
        .render(
            r=result,
            charts=[draw_curves(curves, stages) for curves in (losses, scores)] if history else [],
            accuracies=accuracies(result),
            version=VERSION,
        )
    )


def accuracies(result: TrainResult) -> tuple[tuple[str, float, str], ...]:
    """What was measured, the figure, and where it is from; what was not measured is left out."""
    rows = (
        ("teacher", result.accuracy_teacher, "accuracy_float"),
        ("float", result.accuracy_float, "accuracy_float"),
        ("quantized (PTQ)", result.accuracy_ptq, "accuracy_ptq"),
        ("trained quantized (QAT)", result.accuracy_qat, "accuracy_qat"),
        ("the file, in TFLM", result.accuracy_tflm, "accuracy_tflm"),
    )
    return tuple(
        (name, value, result.sources[source]) for name, value, source in rows if value is not None
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
