"""mcugen characterize"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli import Interrupted
from mcugen.cli.common import board_option, command, runtime_option
from mcugen.console import Console
from mcugen.report.text_characterize import characterize_view


@command
@board_option
@click.option(
    "--space",
    required=True,
    metavar="TASK|SPACE.py",
    help="kws, kws_strided, kws_temporal, vww, ad, digits, or a Python file that defines SPACE.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="For samples.csv, latency.json, plot.svg, report.html.",
)
@click.option(
    "--samples", type=click.IntRange(2), default=100, show_default=True, help="Networks to measure."
)
@click.option(
    "--bits",
    type=click.Choice(["8", "4", "mixed"]),
    help="Of weights and activations; mixed: drawn for each block. Default: the space's own, 8.",
)
@runtime_option
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of networks, weights and input.",
)
@click.option("--port", help="Serial port of a real board; each network is flashed to it.")
@click.option("--resume", is_flag=True, help="Go on with the networks that the folder lacks.")
@click.option("--force", is_flag=True, help="Replace what the folder holds.")
def characterize(console: Console, output: Path, **options: Any) -> None:
    """Measures random networks of a space, and fits what predicts their latency.

    Networks are drawn from narrow to wide, built, and run on an emulator, which counts instructions
    and never milliseconds, or on a real board. What they take is fitted against operations, and,
    layer by layer, to a latency model that search --latency-model reads.

    \b
    Examples:
      mcugen characterize --board qemu_m4 --space kws -o runs/kws-m4
      mcugen characterize --board nucleo_f446re --port /dev/ttyACM0 --space vww -o runs/vww-f446
      mcugen search kws --board qemu_m4 --latency 20M --latency-model runs/kws-m4/latency.json ...
    """
    try:
        with console.progress() as progress:
            result = api.characterize(output=output, progress=progress, **options)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted", "go on with the next network: the same command with --resume"
        ) from None
    console.result(result, characterize_view(result))
