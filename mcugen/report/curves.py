"""Curves over epochs as geometry: what a page's drawing consists of, in SVG units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcugen.report.memory_plan import Tick

WIDTH, HEIGHT = 540, 260
LEFT, TOP, RIGHT, BOTTOM = 52, 12, 12, 34


@dataclass(frozen=True)
class Line:
    """A curve. `points` is an SVG path; `colour` a class number of the style sheet."""

    path: str
    colour: int
    label: str


@dataclass(frozen=True)
class Chart:
    """Lines in a frame; `borders` are where a stage of training begins, with its name."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    borders: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def draw_curves(curves: Mapping[str, Sequence[float | None]], stages: Sequence[str]) -> Chart:
    """Curves by their labels, one value an epoch; `stages` names each epoch's stage.

    Epochs are counted on through the stages. Values that are None or not finite leave gaps, and
    curves that have no others are left out.
    """
    drawn = {label: values for label, values in curves.items() if any(map(_finite, values))}
    known = [v for values in drawn.values() for v in values if v is not None and _finite(v)]
    low, high, step = _scale(known)
    across = (WIDTH - LEFT - RIGHT) / max(1, len(stages) - 1)
    upwards = (HEIGHT - TOP - BOTTOM) / (high - low)

    def place(epoch: int, value: float) -> tuple[float, float]:
        return LEFT + across * epoch, HEIGHT - BOTTOM - upwards * (value - low)

    lines = []
    for colour, (label, values) in enumerate(drawn.items()):
        steps, pen = [], "M"
        for epoch, value in enumerate(values):
            if value is None or not _finite(value):
                pen = "M"
                continue
            x, y = place(epoch, value)
            steps.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        lines.append(Line(" ".join(steps), colour, label))
    every = max(1, -(-len(stages) // 10))
    marks = range(round((high - low) / step) + 1)
    return Chart(
        tuple(lines),
        tuple(Tick(LEFT + across * i, str(i + 1)) for i in range(0, len(stages), every)),
        tuple(Tick(place(0, low + step * i)[1], f"{low + step * i:.4g}") for i in marks),
        tuple(
            Tick(LEFT + across * (i - 0.5 if i else 0), name)
            for i, name in enumerate(stages)
            if i == 0 or stages[i - 1] != name
        ),
    )


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Round numbers around the values: lowest, highest, and their distance."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    span = high - low or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / 4))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= span / 5)
    bottom = math.floor(low / step) * step
    return bottom, max(math.ceil(high / step) * step, bottom + step), step
