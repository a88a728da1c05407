"""Points in a frame, as a drawing that stands alone or in a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mcugen.report.html import environment
from mcugen.report.memory_plan import Tick

WIDTH, HEIGHT = 640, 400
LEFT, TOP, RIGHT, BOTTOM = 66, 34, 16, 46

LEGEND_COLUMNS, LEGEND_WIDTH, LEGEND_HEIGHT = 3, 190, 16

COLOURS = ("#2f6fd0", "#b9631a", "#12877a", "#7b50c4", "#b93d6d", "#4b8423")
MARKS = (
    "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0",
    "M-3.2 -3.2h6.4v6.4h-6.4z",
    "M0 -4.4L4.2 3.2H-4.2z",
    "M0 -4.6L4.6 0L0 4.6L-4.6 0z",
    "M0 4.4L4.2 -3.2H-4.2z",
)
"""Round, square, and so on, about the origin. With the colours, thirty series can be told apart."""


@dataclass(frozen=True)
class Point:
    """`title` is what a reader's pointer shows; only the outline of a `hollow` one is drawn."""

    x: float
    y: float
    title: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class Series:
    """Points of one colour and mark; those of a `line` are joined and not drawn themselves."""

    label: str
    points: Sequence[Point]
    line: bool = False


@dataclass(frozen=True)
class Axis:
    """`log` needs values above 0: others are left out."""

    label: str
    log: bool = False


def scatter_svg(series: Sequence[Series], x: Axis, y: Axis) -> str:
    """The drawing as SVG, without script or style sheet."""
    every = [p for s in series for p in s.points if _drawable(p, x, y)]
    top = TOP + LEGEND_HEIGHT * ((len(series) - 1) // LEGEND_COLUMNS)
    height = HEIGHT + top - TOP
    across = _Scale.of([p.x for p in every], x.log, LEFT, WIDTH - RIGHT)
    upwards = _Scale.of([p.y for p in every], y.log, height - BOTTOM, top)
    drawn = [
        {
            "label": s.label,
            "line": s.line,
            "colour": COLOURS[number % len(COLOURS)],
            "mark": MARKS[number % len(MARKS)],
            "legend_x": LEFT + LEGEND_WIDTH * (number % LEGEND_COLUMNS),
            "legend_y": LEGEND_HEIGHT * (number // LEGEND_COLUMNS),
            "points": [
                (across(p.x), upwards(p.y), p.title, p.hollow)
                for p in s.points
                if _drawable(p, x, y)
            ],
        }
        for number, s in enumerate(series)
    ]
    return (
        environment()
        .get_template("scatter.svg.j2")
        .render(
            series=drawn,
            x_label=x.label,
            y_label=y.label,
            x_ticks=across.ticks(),
            y_ticks=upwards.ticks(),
            width=WIDTH,
            height=height,
            left=LEFT,
            top=top,
            right=WIDTH - RIGHT,
            bottom=height - BOTTOM,
        )
    )


def short(value: float) -> str:
    """A round number with its thousands in a letter."""
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= scale:
            return f"{value / scale:.4g} {unit}"
    return f"{value:.4g}"


@dataclass(frozen=True)
class _Scale:
    """From values to places between `start` and `end`, along `marks`, whose first and last they
    are."""

    marks: tuple[float, ...]
    log: bool
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], log: bool, start: float, end: float) -> _Scale:
        low, high = min(values, default=1.0), max(values, default=10.0)
        return cls(_decades(low, high) if log else _round(low, high), log, start, end)

    def __call__(self, value: float) -> float:
        low, high, value = (
            math.log10(v) if self.log else v for v in (self.marks[0], self.marks[-1], value)
        )
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self) -> list[Tick]:
        return [Tick(self(mark), short(mark)) for mark in self.marks]


def _decades(low: float, high: float) -> tuple[float, ...]:
    """1, 2, 5, 10 … from below the lowest to above the highest."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [m * 10.0**power for power in powers for m in (1, 2, 5)]
    first = max((i for i, m in enumerate(marks) if m <= low), default=0)
    last = next((i for i, m in enumerate(marks) if m >= high), len(marks) - 1)
    return tuple(marks[first : max(last, first + 1) + 1])


def _round(low: float, high: float) -> tuple[float, ...]:
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= span / 5)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(step * i for i in range(first, last + 1))


def _drawable(point: Point, x: Axis, y: Axis) -> bool:
    return all(
        math.isfinite(value) and (value > 0 or not axis.log)
        for value, axis in ((point.x, x), (point.y, y))
    )
