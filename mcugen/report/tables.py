"""Tables, numbers and bars as every report shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mcugen.report.escape import printable

FULL, NEARLY_FULL = 1.0, 0.85


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A table under its title, if it has one.

    A column whose name begins with '>' is right-aligned, with '=' left-aligned, and neither wraps;
    without any name there is no header. Cells may be Text, strings (made printable), numbers (with
    thousands separators) or None.
    """
    grid = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        show_header=any(name.strip(">=") for name in columns),
        header_style="dim",
    )
    for name in columns:
        grid.add_column(
            Text(name.lstrip(">=")),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name.startswith((">", "=")),
        )
    for row in rows:
        grid.add_row(*(cell(value) for value in row))
    return Group(Text(printable(title), "bold"), grid) if title else grid


def cell(value: object) -> Text:
    """A value as a table shows it."""
    if isinstance(value, Text):
        return value
    if value is None:
        return Text("-", "dim")
    if isinstance(value, int) and not isinstance(value, bool):
        return Text(f"{value:,}")
    return Text(printable(str(value)), overflow="fold")


def size(n_bytes: int | None) -> Text:
    """Bytes, exact."""
    return cell(None) if n_bytes is None else Text(f"{n_bytes:,} B")


def shape(dims: Sequence[int]) -> str:
    """A shape: 1×49×10×1; 'scalar' for none."""
    return "×".join(str(d) for d in dims) or "scalar"


def share(used: int | None, limit: int, columns: int = 10) -> Text:
    """A bar of `columns` cells and the percentage that `used` is of `limit`."""
    if used is None or limit <= 0:
        return cell(None)
    part = used / limit
    style = "red" if part > FULL else "yellow" if part > NEARLY_FULL else "green"
    filled = min(columns, -(-used * columns // limit))
    return Text.assemble(
        ("█" * filled, style), ("░" * (columns - filled), "dim"), f" {percent(part)}"
    )


def percent(part: float) -> str:
    """A share in per cent, at least a digit of it."""
    if 0 < part < 0.01:
        return f"{100 * part:.1f} %"
    return f"{100 * part:.0f} %"


def bullets(title: str, lines: Sequence[str]) -> Text:
    """A titled list, one line a line."""
    text = Text(title, "bold")
    for line in lines:
        text.append("\n  - " + printable(line), "not bold")
    return text
