"""What the terminal shows of train."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable, shorten
from mcugen.report.tables import bullets, size, table
from mcugen.report.train_page import accuracies
from mcugen.report.view import View, verdict
from mcugen.train.results import TrainResult

NAME_COLUMNS = 40


def train_view(result: TrainResult) -> View:
    """The accuracies, what the file takes, and how far it agrees with the training graph."""
    line = (
        f"wrote {result.model}: {result.name}, {result.bits}, "
        f"{result.metric} {_share(result.accuracy_tflm)} in TFLM"
    )
    if result.synthetic:
        line += ", on synthetic data"
    body: list[RenderableType] = [_accuracies(result), _sizes(result), _agreement(result)]
    if result.findings:
        body.append(bullets("Findings:", [str(finding) for finding in result.findings]))
    if result.notes:
        body.append(bullets("Notes on the data:", result.notes))
    body.append(Text.assemble(("Report: ", "bold"), printable(str(result.folder / "report.html"))))
    return View(verdict(True, printable(line)), tuple(body))


def _accuracies(result: TrainResult) -> RenderableType:
    rows = [
        (name, _share(value), f"{100 * (value - result.accuracy_float):+.2f}", source)
        for name, value, source in accuracies(result)
    ]
    title = f"{result.task}: {result.data}, {result.examples['test']:,} test examples"
    return table(title, ["=", f">{result.metric}", ">from float", "source"], rows)


def _sizes(result: TrainResult) -> RenderableType:
    source = result.sources.get
    rows: list[tuple[object, ...]] = [
        ("multiply-accumulates", result.macs, source("macs")),
        ("parameters", result.params, source("params")),
        ("weights", size(result.weights_bytes), source("params")),
        ("model file", size(result.model_bytes), source("params")),
        ("arena", size(result.arena_bytes), source("arena_bytes")),
    ]
    return table("Size", ["=", ">", "source"], rows)


def _agreement(result: TrainResult) -> RenderableType:
    rows = [
        (shorten(x.name, NAME_COLUMNS), x.op, x.max_difference, f"{100 * x.equal:.3f} %")
        for x in result.layers
    ]
    title = f"The training graph against the file in TFLM, {result.agreement_examples:,} examples"
    if result.argmax_agreement is not None:
        title += f"; the same class for {_share(result.argmax_agreement)}"
    return table(title, ["=layer", "=operator", ">codes apart, at most", ">equal codes"], rows)


def _share(part: float) -> str:
    return f"{100 * part:.2f} %"
