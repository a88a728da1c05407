"""mcugen search"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli.common import board_option, command, search_options
from mcugen.console import Console
from mcugen.report.text_search import search_view


@command
@click.argument("space", metavar="TASK|SPACE.py")
@board_option
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The search's folder: checkpoints, logs, arch.json, model.tflite, report.html.",
)
@click.option("--sram", metavar="BYTES", help="For the arena: 96K.")
@click.option("--flash", metavar="BYTES", help="For the image: 400K.")
@click.option("--ops", metavar="OPS", help="Two for each multiply-accumulate: 20M.")
@click.option("--latency", metavar="TIME", help="100ms; needs --latency-model.")
@search_options
@click.option(
    "--baselines",
    is_flag=True,
    help="Train the result, uniformly scaled networks and a random one, and compare them.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of weights, samples, order, augmentation and synthetic data.",
)
@click.option("--resume", is_flag=True, help="Go on with the search that the folder holds.")
@click.option("--force", is_flag=True, help="Replace the search that the folder holds.")
def search(console: Console, output: Path, **options: Any) -> int:
    """Searches a space of networks for the one that fits a board.

    SPACE is kws, kws_strided, kws_temporal, vww, ad or digits, or a Python file that defines it.
    Weights and choices are trained in turn; the network found is exported, planned and built, and
    its arena, image and operations are held against the budgets. What is not given is the board's.

    \b
    Examples:
      mcugen search kws --board nucleo_f446re --ops 20M -o runs/kws
      mcugen search vww:96x96x1 --board nucleo_f746zg --bits mixed -o runs/vww
      mcugen search space.py --task task.py --board qemu_m4 --sram 32K -o runs/mine
      mcugen train runs/kws/arch.json --task kws -o runs/kws-trained
    """
    with console.progress() as progress:
        result = api.search(output=output, progress=progress, **options)
    console.result(result, search_view(result))
    return 0 if result.within_budgets else 3
