"""mcugen run"""

from __future__ import annotations

from pathlib import Path

import click

from mcugen import api
from mcugen.cli.common import (
    board_option,
    command,
    input_option,
    model_argument,
    port_option,
    runtime_option,
    seed_option,
)
from mcugen.console import Console
from mcugen.errors import InputRejected
from mcugen.report.arrays import write_outputs
from mcugen.report.text import run_view


@command
@model_argument
@board_option
@runtime_option
@input_option
@seed_option(None)
@click.option(
    "--inputs",
    "count",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many random inputs, where no --input is given.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write every output to this .npz file.",
)
@port_option
def run(
    console: Console,
    model: Path,
    board: str,
    runtime: str,
    inputs: tuple[Path, ...],
    seed: int | None,
    count: int,
    output: Path | None,
    port: str | None,
) -> None:
    """Runs the firmware of MODEL and shows its answers.

    The board is an emulated one (qemu_...), this machine (host), or a real one that was flashed and
    is reached by --port. The firmware is built first if need be.

    \b
    Examples:
      mcugen run kws.tflite --board qemu_m4
      mcugen run kws.tflite --board host --input yes.npy --input no.npy -o answers.npz
    """
    if output and not output.absolute().parent.is_dir():
        raise InputRejected(f"cannot write {output}: its folder does not exist", "create it first")
    with console.progress() as progress:
        result = api.run(
            model,
            board,
            inputs=inputs,
            seed=seed,
            count=count,
            runtime=runtime,
            port=port,
            progress=progress,
        )
    if output:
        write_outputs(result, output)
        console.note(f"wrote {output}")
    console.result(result, run_view(result))
