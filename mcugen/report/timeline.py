"""The memory plan over time as a picture of block characters."""

from __future__ import annotations

from rich.text import Text

from mcugen.plan.timeline import Timeline

EIGHTHS = " ▁▂▃▄▅▆▇█"
MAX_COLUMN = 4
"""The widest column of a step, so that a small model does not become a wall."""


def timeline_chart(timeline: Timeline, columns: int, rows: int = 8) -> Text:
    """Live bytes of each step as columns, the peak highlighted; `columns` is the whole width.

    A model with more steps than columns has several steps to a column, which shows their maximum.
    """
    used = [step.live_bytes for step in timeline.steps]
    top = max(used, default=0)
    label = f"{top:,} B"
    room = max(1, columns - len(label) - 3)
    per_column = -(-len(used) // room)
    groups = [used[i : i + per_column] for i in range(0, len(used), per_column)]
    heights = [max(group) for group in groups]
    width = max(1, min(MAX_COLUMN, room // len(heights)))
    peak = (timeline.peak_step + 1) // per_column
    text = Text()
    for row in range(rows, 0, -1):
        name = label if row == rows else "0 B" if row == 1 else ""
        text.append(f"{name:>{len(label)}} ┤", "dim")
        for i, height in enumerate(heights):
            style = "bold red" if i == peak else "cyan"
            text.append(_cell(height, top, row, rows) * width, style)
        text.append("\n")
    text.append(" " * (len(label) + 1) + "└" + "─" * (width * len(heights)) + "\n", "dim")
    words = f"peak at {step_name(timeline.peak_step, len(used) - 2)}"
    return text.append(_marker(words, len(label) + 2 + width * peak, columns), "bold red")


def _marker(words: str, place: int, columns: int) -> str:
    """A line with an arrow at column `place` and `words` on the side that has room for them."""
    if place + 2 + len(words) <= columns:
        return f"{' ' * place}▲ {words}"
    if place >= len(words) + 1:
        return f"{words:>{place - 1}} ▲"
    return f"{' ' * place}▲\n{words}"


def step_name(step: int, n_steps: int) -> str:
    """A step in words: -1 is the caller writing inputs, n_steps its reading of outputs."""
    if step < 0:
        return "the inputs"
    return "the outputs" if step >= n_steps else f"layer {step}"


def _cell(height: int, top: int, row: int, rows: int) -> str:
    """The block that a column of `height` shows in `row`, counted from 1 at the bottom."""
    eighths = -(-height * rows * 8 // top) if top else 0
    return EIGHTHS[min(8, max(0, eighths - 8 * (row - 1)))]
