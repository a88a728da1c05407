"""mcugen build"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api, dump
from mcugen.cli.common import board_option, command, model_argument, runtime_option
from mcugen.console import Console
from mcugen.project.writer import OPTIMIZE
from mcugen.report.text import build_view
from mcugen.runtimes.tflm.runtime import INT4_KERNELS


@command
@model_argument
@board_option
@runtime_option
@click.option(
    "--framework",
    metavar="NAME",
    help="Write a project for the vendor's platform (arduino, stm32cube, espidf ...) instead of "
    "mcugen's own bare-metal one.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The project folder; by default build/<prefix>-<board>.",
)
@click.option(
    "--optimize",
    type=click.Choice(OPTIMIZE, case_sensitive=False),
    help="The compiler's level: Os for the smallest code. O2 by default, with --framework the "
    "framework's own.",
)
@click.option(
    "--int4-kernels",
    type=click.Choice(INT4_KERNELS),
    help="With --runtime tflm: whose kernels compute layers with 4-bit weights.  [default: mcugen]",
)
@click.option(
    "--arena-bytes",
    metavar="BYTES",
    type=click.IntRange(1),
    help="With --runtime tflm: an arena of this size instead of the smallest that serves.",
)
@click.option("--name", metavar="PREFIX", help="Prefix of every C name; by default the file's.")
@click.option("--no-compile", is_flag=True, help="Write the project and stop.")
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")
@click.option(
    "--emit",
    type=click.Choice(dump.STAGES),
    help="Print that stage as JSON and stop; nothing is written.",
)
def build(
    console: Console, model: Path, board: str, emit: str | None, no_compile: bool, **options: Any
) -> int:
    """Writes a PlatformIO project for MODEL and builds it.

    Prints flash, RAM, arena and stack against what the board has; exits with 3 if it does not
    fit. The project stands on its own: `pio run` and `pio run -t upload` work in it without
    mcugen.

    \b
    Examples:
      mcugen build kws.tflite --board disco_f746ng
      mcugen build kws.tflite --board qemu_m4 -o firmware --name kws
      mcugen build kws.tflite --board nano33ble --no-compile
    """
    if emit:
        console.document(dump.stage(model, emit))
        return 0
    options["prefix"] = options.pop("name")
    try:
        with console.progress() as progress:
            result = api.build(model, board, compile=not no_compile, progress=progress, **options)
    except api.BuildDoesNotFit as refusal:
        console.failed_result(refusal.result, build_view(refusal.result), refusal)
        return refusal.exit_code
    console.result(result, build_view(result))
    return 0
