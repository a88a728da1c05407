"""Tables of figures and ratios in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Cell = str | int | float | None


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The first column is left-aligned, the others right-aligned."""
    lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    lines += [_row([cell(value) for value in row]) for row in rows]
    return "\n".join(lines)


def cell(value: Cell) -> str:
    """Integers with separators, ratios with two decimals; nothing where nothing was measured."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """ours / theirs; None where one is missing."""
    return None if ours is None or not theirs else ours / theirs


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
