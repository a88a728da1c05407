"""mcugen sweep"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli import Interrupted
from mcugen.cli.common import board_option, command, search_options
from mcugen.console import Console
from mcugen.report.text_sweep import sweep_view


@command
@click.argument("space", metavar="TASK|SPACE.py")
@board_option
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="For pareto.csv, plots, report.html, and the searches' folders in runs/.",
)
@click.option("--ops", metavar="OPS,...", help="Two for each multiply-accumulate: 5M,10M,20M.")
@click.option("--sram", metavar="BYTES,...", help="For the arena: 64K,96K.")
@click.option("--flash", metavar="BYTES,...", help="For the image: 200K,400K.")
@click.option("--latency", metavar="TIME,...", help="50ms,100ms; needs --latency-model.")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Searches for each combination of budgets, with seeds 0, 1 ...",
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Searches at a time on this machine; they share its processors and memory.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Search on a Ray cluster: its address, auto, or local to start one here.",
)
@search_options
@click.option("--resume", is_flag=True, help="Do what the folder lacks, and what is new.")
@click.option("--force", is_flag=True, help="Replace what the folder holds.")
def sweep(console: Console, output: Path, **options: Any) -> None:
    """Searches under several budgets, and shows what accuracy costs.

    There is a search for each combination of the budgets that are listed, with commas between, and
    each seed. The best of them are the fronts of accuracy against operations, arena and flash.

    \b
    Examples:
      mcugen sweep kws --board nucleo_f446re --ops 5M,10M,20M -o runs/front
      mcugen sweep digits --board qemu_m4 --ops 100K,200K --seeds 1 --processes 2 -o runs/small
      mcugen sweep kws --board nucleo_f446re --ops 5M,40M --ray auto -o runs/front --resume
    """
    try:
        with console.progress() as progress:
            result = api.sweep(output=output, progress=progress, **options)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted", "go on with what is missing: the same command with --resume"
        ) from None
    console.result(result, sweep_view(result))
