"""mcugen export"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli.common import command, seed_option
from mcugen.console import Console
from mcugen.report.text_export import export_view


@command
@click.argument("source", metavar="ARCH|RUN|CHECKPOINT")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The .tflite file to write.",
)
@click.option(
    "--bits",
    metavar="BITS",
    help="Of weights and activations: 8, w4a8, w8a4, w4a4 or a .json file with bits for each "
    "layer; 8 by default. A trained network has its own.",
)
@seed_option(0)
@click.option(
    "--softmax/--no-softmax",
    default=None,
    help="Whether probabilities come out, or logits; by default as the architecture says.",
)
@click.option("--force", is_flag=True, help="Overwrite the output file.")
def export(console: Console, source: str, output: Path, **options: Any) -> None:
    """Writes a .tflite file of an architecture, or of what a training run has come to.

    An architecture, a name or an arch.json, gets random weights, and ranges from random inputs:
    size, memory and speed are those of the trained network. Of a run, its folder or a file in its
    checkpoints/, the best weights are taken.

    \b
    Examples:
      mcugen export micronet_kws_s -o kws.tflite
      mcugen export ds_cnn_s --bits w4a4 -o small.tflite
      mcugen export runs/kws -o kws.tflite --no-softmax
    """
    with console.progress() as progress:
        result = api.export(source, output, progress=progress, **options)
    console.result(result, export_view(result))
