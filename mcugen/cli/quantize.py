"""mcugen quantize"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli.common import command, model_argument, seed_option
from mcugen.console import Console
from mcugen.report.text_quantize import quantize_view


@command
@model_argument
@click.option("--weights", type=click.Choice(["int4"]), default="int4", show_default=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The .tflite file to write.",
)
@click.option(
    "--layers",
    multiple=True,
    metavar="WHICH",
    help="Rewrite these: numbers (0,3-5), a kind (conv_2d), 'all', or globs of names; by default "
    "all but depthwise convolutions. May be repeated.",
)
@click.option("--skip", multiple=True, metavar="WHICH", help="Leave these as they are.")
@click.option(
    "--calibration",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Real inputs: .npy, .npz (with labels, if you have them) or raw bytes; may be repeated.",
)
@click.option(
    "--inputs",
    "count",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many random inputs, where no --calibration is given.",
)
@seed_option(0)
@click.option("--no-bias-correction", is_flag=True, help="Only rescale the biases.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
def quantize(
    console: Console, model: Path, output: Path, no_bias_correction: bool, **options: Any
) -> None:
    """Rewrites the int8 weights of MODEL with 4 bits.

    The scales are those of the least error, the biases follow the inputs that --calibration gives,
    and the report says what is lost: for each layer, and in accuracy if the inputs have labels. The
    new file runs wherever int4 weights do: mcugen, TensorFlow Lite Micro, LiteRT.

    \b
    Examples:
      mcugen quantize kws.tflite -o kws4.tflite --calibration samples.npz
      mcugen quantize kws.tflite -o kws4.tflite --layers all --skip 0,'*/logits*'
      mcugen quantize kws.tflite -o kws4.tflite --layers conv_2d
    """
    options["bias_correction"] = not no_bias_correction
    with console.progress() as progress:
        result = api.quantize(model, output, progress=progress, **options)
    console.result(result, quantize_view(result, console.width))
