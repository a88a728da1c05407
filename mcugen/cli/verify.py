"""mcugen verify"""

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
from mcugen.report.text import verify_view


@command
@model_argument
@board_option
@runtime_option
@click.option(
    "--inputs",
    "count",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many random inputs, where no --input is given.",
)
@seed_option(0)
@input_option
@port_option
def verify(
    console: Console,
    model: Path,
    board: str,
    runtime: str,
    count: int,
    seed: int,
    inputs: tuple[Path, ...],
    port: str | None,
) -> int:
    """Compares every output byte of the firmware with the reference.

    Exits with 1 on a difference, and names the first layer that diverges.

    \b
    Examples:
      mcugen verify kws.tflite --board qemu_m4
      mcugen verify kws.tflite --board disco_f746ng --port /dev/ttyACM0 --inputs 100
    """
    with console.progress() as progress:
        result = api.verify(
            model,
            board,
            count=count,
            seed=seed,
            inputs=inputs,
            runtime=runtime,
            port=port,
            progress=progress,
        )
    console.result(result, verify_view(result))
    return 1 if result.mismatches else 0
