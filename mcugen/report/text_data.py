"""What the terminal shows of data folders."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.datasets import CheckedData, SynthesizedData
from mcugen.report.escape import printable
from mcugen.report.memory_plan import human_bytes
from mcugen.report.tables import bullets, table
from mcugen.report.view import View, verdict


def synthesized_view(result: SynthesizedData) -> View:
    """What was written, and how to train with it."""
    line = (
        f"wrote {result.output}: {result.files:,} files, {human_bytes(result.size_bytes)}, "
        f"seed {result.seed}"
    )
    hint = f"mcugen data check {result.task} {result.output}  counts what a training finds"
    return View(verdict(True, printable(line)), (Text(printable(hint)),))


def checked_view(result: CheckedData) -> View:
    """Examples by split and class, and what was left out."""
    total = sum(split.examples for split in result.splits.values())
    line = f"{result.folder}: {total:,} examples of {len(_classes(result))} classes"
    if result.problems:
        line += ", some files left out"
    rows: list[tuple[object, ...]] = [
        (name, *(split.by_class[name] for split in result.splits.values()))
        for name in _classes(result)
    ]
    rows.append(("all", *(split.examples for split in result.splits.values())))
    for name, counts in (
        ("recordings", [split.recordings for split in result.splits.values()]),
        ("of these anomalous", [split.anomalous for split in result.splits.values()]),
    ):
        if any(count is not None for count in counts):
            rows.append((name, *counts))
    body: list[RenderableType] = [
        Text(printable(result.description)),
        table("Examples", ["class", *(f">{name}" for name in result.splits)], rows),
    ]
    if result.synthetic:
        body.append(Text("The data is synthetic."))
    if result.problems:
        body.append(bullets("Problems:", result.problems))
    return View(verdict(None if result.problems else True, printable(line)), tuple(body))


def _classes(result: CheckedData) -> list[str]:
    return list(result.splits["train"].by_class)
