"""mcugen inspect"""

from __future__ import annotations

from pathlib import Path

import click

from mcugen import dump
from mcugen.cli.common import command, model_argument
from mcugen.console import Console
from mcugen.inspection import inspect as inspect_model
from mcugen.report.html import inspect_page, write_page
from mcugen.report.text_inspect import inspect_view
from mcugen.report.text_kernels import kernels_view


@command
@model_argument
@click.option(
    "-b",
    "--board",
    "boards",
    multiple=True,
    metavar="ID",
    help="Estimate the fit on this board only; may be repeated. By default on all of them. The "
    "kernels are those for the first.",
)
@click.option("--kernels", is_flag=True, help="Each layer's kernel, why it was chosen, its cost.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a self-contained page.",
)
@click.option(
    "--emit", type=click.Choice(dump.STAGES), help="Print that stage as JSON and nothing else."
)
def inspect(
    console: Console,
    model: Path,
    boards: tuple[str, ...],
    kernels: bool,
    html: Path | None,
    emit: str | None,
) -> None:
    """Shows what is in MODEL and what it will ask of a board.

    Operators, tensors, quantization, multiply-accumulates, weights, the memory plan over time, and
    for each board whether it fits (an estimate: `mcugen build` tells exactly). With --kernels,
    each layer's kernel and why; with --board too, what `mcugen profile` last counted there.

    \b
    Examples:
      mcugen inspect kws.tflite
      mcugen inspect kws.tflite --board disco_f746ng --html kws.html
      mcugen inspect kws.tflite --board qemu_m4 --kernels
    """
    if emit:
        console.document(dump.stage(model, emit))
        return
    result = inspect_model(model, boards)
    if html:
        write_page(inspect_page(result), html)
        console.note(f"wrote {html}")
    view = kernels_view(result) if kernels else inspect_view(result, console.width)
    console.result(result, view)
