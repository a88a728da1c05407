"""mcugen compare"""

from __future__ import annotations

from pathlib import Path

import click

from mcugen import api
from mcugen.cli.common import (
    board_option,
    command,
    input_option,
    model_argument,
    seed_option,
)
from mcugen.console import Console
from mcugen.project.writer import OPTIMIZE
from mcugen.report.comparison import compare_view
from mcugen.report.html import compare_page, write_page


@command
@model_argument
@board_option
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
@click.option(
    "--optimize",
    type=click.Choice(OPTIMIZE, case_sensitive=False),
    help="The compiler's level for both runtimes, as in `mcugen build`.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a self-contained page.",
)
def compare(
    console: Console,
    model: Path,
    board: str,
    count: int,
    seed: int,
    inputs: tuple[Path, ...],
    optimize: str | None,
    html: Path | None,
) -> int:
    """Builds MODEL with both runtimes and shows what each takes and gives.

    Flash, RAM, arena, instructions and exactness, side by side. What runs, runs in an emulator: for
    a real board in one with its core. Exits with 1 if a byte differs, with 3 if no runtime fits.

    \b
    Examples:
      mcugen compare kws.tflite --board qemu_m4
      mcugen compare kws.tflite --board disco_f746ng --html kws.html
    """
    with console.progress() as progress:
        result = api.compare(
            model,
            board,
            count=count,
            seed=seed,
            inputs=inputs,
            optimize=optimize,
            progress=progress,
        )
    if html:
        write_page(compare_page(result), html)
        console.note(f"wrote {html}")
    console.result(result, compare_view(result))
    if any(each.verified and each.verified.mismatches for each in result.runtimes):
        return 1
    return 3 if all(each.build.fits is False for each in result.runtimes) else 0
