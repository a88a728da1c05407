"""The arena over time as geometry: what the HTML page's drawing consists of, in SVG units."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mcugen.plan.timeline import Bar
from mcugen.report.escape import printable, shorten
from mcugen.report.timeline import step_name
from mcugen.results import InspectResult

PLOT_WIDTH, PLOT_HEIGHT = 960, 340
LEFT, TOP, RIGHT, BOTTOM = 74, 20, 14, 34
STEP_MIN_WIDTH = 15
LINE_HEIGHT, CHARACTER_WIDTH, LEAST_NAME = 15, 7.0, 8
LEAST_HEIGHT = 1.5
"""So that a buffer of a few bytes can still be seen."""

COLOURS = 7
"""Hues for operators; one more is for all the rest, and one for what no operator writes."""


@dataclass(frozen=True)
class Rectangle:
    """A buffer. `colour` is a class number of the style sheet; `label` has the lines with room."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    label: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    position: float
    label: str


@dataclass(frozen=True)
class MemoryPlan:
    """The drawing; the peak's step is a band from `peak_x`, `step_width` wide."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    step_width: float
    peak_x: float
    rectangles: tuple[Rectangle, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    legend: tuple[tuple[int, str], ...]


def draw_memory_plan(result: InspectResult) -> MemoryPlan:
    """Lays the buffers of `result.timeline` out: steps across, arena offsets upwards."""
    timeline, n_steps = result.timeline, len(result.operators)
    step_width = max(STEP_MIN_WIDTH, PLOT_WIDTH / (n_steps + 2))
    right = LEFT + step_width * (n_steps + 2)
    arena = max(1, timeline.arena_bytes)
    scale = PLOT_HEIGHT / arena
    colours = _colours(result)
    rectangles = []
    for bar in timeline.bars:
        if not bar.size_bytes:
            continue
        width = step_width * (bar.last - bar.first + 1)
        height = max(LEAST_HEIGHT, bar.size_bytes * scale)
        rectangles.append(
            Rectangle(
                x=LEFT + step_width * (bar.first + 1),
                y=TOP + PLOT_HEIGHT - bar.offset_bytes * scale - height,
                width=width,
                height=height,
                colour=colours.get(_origin(bar, result), COLOURS),
                label=_label(bar, width, height),
                title=_title(bar, n_steps),
            )
        )
    return MemoryPlan(
        width=right + RIGHT,
        height=TOP + PLOT_HEIGHT + BOTTOM,
        left=LEFT,
        right=right,
        top=TOP,
        bottom=TOP + PLOT_HEIGHT,
        step_width=step_width,
        peak_x=LEFT + step_width * (timeline.peak_step + 1),
        rectangles=tuple(rectangles),
        x_ticks=_x_ticks(n_steps, step_width),
        y_ticks=_y_ticks(arena, scale),
        legend=_legend(colours, result),
    )


def human_bytes(n_bytes: int) -> str:
    """Bytes as a person says them: 512 B, 1.5 KiB, 2 MiB."""
    if n_bytes < 1024:
        return f"{n_bytes:,} B"
    value, unit = (n_bytes / 1024, "KiB") if n_bytes < 1024**2 else (n_bytes / 1024**2, "MiB")
    return f"{value:,.1f}".removesuffix(".0") + f" {unit}"


def _origin(bar: Bar, result: InspectResult) -> str:
    """What writes a buffer first: an operator's name, or '' for the caller and for scratch."""
    if not 0 <= bar.first < len(result.operators):
        return ""
    outputs = {t.name for t in result.tensors if t.first_step == bar.first}
    return result.operators[bar.first].op if outputs & set(bar.tensors) else ""


def _colours(result: InspectResult) -> dict[str, int]:
    """Operator name → class, the most frequent first; '' (nobody) has the last class."""
    counts = Counter(_origin(bar, result) for bar in result.timeline.bars)
    del counts[""]
    frequent = sorted(counts, key=lambda op: (-counts[op], op))[:COLOURS]
    return {op: i for i, op in enumerate(frequent)} | {"": COLOURS + 1}


def _legend(colours: dict[str, int], result: InspectResult) -> tuple[tuple[int, str], ...]:
    used = {_origin(bar, result) for bar in result.timeline.bars}
    entries = [(number, op or "input, state or scratch") for op, number in colours.items()]
    if used - set(colours):
        entries.append((COLOURS, "other operators"))
    return tuple(sorted(e for e in entries if e[1] in used or e[0] >= COLOURS))


def _label(bar: Bar, width: float, height: float) -> tuple[str, ...]:
    characters = int((width - 8) / CHARACTER_WIDTH)
    size = human_bytes(bar.size_bytes)
    lines = [size] if len(size) <= characters else []
    if characters >= LEAST_NAME:
        lines.insert(0, shorten(bar.tensors[-1] if bar.tensors else bar.name, characters))
    return tuple(lines[: int(height / LINE_HEIGHT)])


def _title(bar: Bar, n_steps: int) -> str:
    end = bar.offset_bytes + bar.size_bytes
    lines = [
        *(printable(name) for name in bar.tensors),
        f"{bar.size_bytes:,} bytes at {bar.offset_bytes:,} to {end - 1:,}",
        f"from {step_name(bar.first, n_steps)} to {step_name(bar.last, n_steps)}",
    ]
    return "\n".join(lines)


def _x_ticks(n_steps: int, step_width: float) -> tuple[Tick, ...]:
    every = next(k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if k * step_width >= 26)
    middle = LEFT + step_width / 2
    ticks = [Tick(middle, "in"), Tick(middle + step_width * (n_steps + 1), "out")]
    # Beside the ends only if there is room for both words.
    first = 0 if step_width >= 26 else every
    last = n_steps if step_width >= 26 else n_steps - every // 2
    ticks += [Tick(middle + step_width * (i + 1), str(i)) for i in range(first, last, every)]
    return tuple(ticks)


def _y_ticks(arena_bytes: int, scale: float) -> tuple[Tick, ...]:
    step = 1
    while arena_bytes / step > 6:
        step *= 2
    marks = [*range(0, arena_bytes - step // 3, step), arena_bytes]
    return tuple(Tick(TOP + PLOT_HEIGHT - at * scale, human_bytes(at)) for at in marks)
