"""What the terminal and the page show of compare: one row a figure, one column a runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable
from mcugen.report.tables import bullets, table
from mcugen.report.view import View, verdict
from mcugen.results import ComparedRuntime, CompareResult

Figure = Callable[[ComparedRuntime], int | None]


@dataclass(frozen=True)
class Row:
    """One figure of every runtime, None where it has none.

    `ratio` is the last runtime's over the first's. `is_part` marks a share of the row above.
    """

    label: str
    values: tuple[int | None, ...]
    source: str = ""
    is_part: bool = False

    @property
    def ratio(self) -> float | None:
        first, last = self.values[0], self.values[-1]
        return last / first if first and last is not None else None


def rows_of(result: CompareResult) -> tuple[Row, ...]:
    """The figures in order of interest, those that no runtime has left out."""

    def row(label: str, figure: Figure, source: str = "", is_part: bool = False) -> Row:
        values = tuple(figure(each) for each in result.runtimes)
        return Row(label, values, result.sources.get(source, source), is_part)

    arenas = dict.fromkeys(each.build.arena_source for each in result.runtimes)
    found = [
        row("flash, bytes", lambda x: x.build.flash_bytes, "flash_bytes"),
        *_flash_parts(result),
        row("RAM, bytes", lambda x: x.build.ram_bytes, "ram_bytes"),
        row("arena, bytes", lambda x: x.build.arena_bytes, "; ".join(arenas)),
        row("tensors and scratch", lambda x: x.build.arena_head_bytes, is_part=True),
        row("the interpreter's records", lambda x: x.build.arena_tail_bytes, is_part=True),
        row("stack bound, bytes", lambda x: x.build.stack_bytes, "stack_bytes"),
        row("instructions", lambda x: x.instructions, "instructions"),
        row("output bytes that differ", _mismatches, "mismatches"),
    ]
    return tuple(r for r in found if any(value is not None for value in r.values))


def _flash_parts(result: CompareResult) -> list[Row]:
    sizes = [{p.name: p.size_bytes for p in each.build.flash_parts} for each in result.runtimes]
    names = dict.fromkeys(name for parts in sizes for name in parts)
    return [Row(name, tuple(s.get(name) for s in sizes), is_part=True) for name in names]


def _mismatches(compared: ComparedRuntime) -> int | None:
    return None if compared.verified is None else compared.verified.mismatches


def is_good(result: CompareResult) -> bool | None:
    """False if a byte differs, True if every runtime fits and is exact, None where that is open."""
    differing = [_mismatches(each) for each in result.runtimes]
    if any(differing):
        return False
    fits = all(each.build.fits for each in result.runtimes)
    return True if fits and None not in differing else None


def verdict_line(result: CompareResult) -> str:
    """The outcome in one sentence."""
    names = [each.runtime for each in result.runtimes]
    misfits = [each.runtime for each in result.runtimes if each.build.fits is False]
    wrong = [each.runtime for each in result.runtimes if _mismatches(each)]
    if wrong:
        return f"{' and '.join(wrong)}: output bytes differ from the reference on {result.ran_on}"
    if misfits:
        return f"{' and '.join(misfits)}: does not fit {result.board}"
    labels = {"flash, bytes": "flash", "arena, bytes": "arena", "instructions": "instructions"}
    shares = [
        f"{1 / r.ratio:.2f} of its {labels[r.label]}"
        for r in rows_of(result)
        if r.label in labels and r.ratio
    ]
    line = f"{names[0]} against {names[-1]} on {result.board}: {', '.join(shares)}"
    exact = None not in [_mismatches(each) for each in result.runtimes]
    return f"{line}; both byte-exact" if exact else f"{line}; not run"


def compare_view(result: CompareResult) -> View:
    """The figures side by side."""
    names = [each.runtime for each in result.runtimes]
    rows = [
        (
            f"  {r.label}" if r.is_part else r.label,
            *r.values,
            ratio_text(r.ratio),
            Text(printable(r.source), "dim"),
        )
        for r in rows_of(result)
    ]
    head = ["=", *(f">{name}" for name in names), f">{names[-1]} : {names[0]}", "source"]
    body: list[RenderableType] = [table(f"{result.model} on {result.board}", head, rows)]
    for each in result.runtimes:
        if each.build.fits is False:
            body.append(bullets(f"{each.runtime} {each.build.verdict}:", each.build.suggestions))
    if result.notes:
        body.append(bullets("Notes on the model:", result.notes))
    return View(verdict(is_good(result), printable(verdict_line(result))), tuple(body))


def ratio_text(ratio: float | None) -> str:
    """A ratio with two digits after the point, empty for none."""
    return "" if ratio is None else f"{ratio:.2f}"
