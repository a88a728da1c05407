"""mcugen train"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import api
from mcugen.cli import Interrupted
from mcugen.cli.common import command, data_option
from mcugen.console import Console
from mcugen.report.text_train import train_view
from mcugen.train.options import COEFFICIENT, TEMPERATURE


@command
@click.argument("architecture", metavar="[ARCH]", required=False)
@click.option(
    "--task",
    required=True,
    metavar="TASK",
    help="kws, vww, ad, digits, or the path of a Python file with a task of your own.",
)
@data_option
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The run's folder: checkpoints, logs, model.tflite, report.html.",
)
@click.option(
    "--bits",
    default="8",
    show_default=True,
    metavar="BITS",
    help="Of weights and activations: 8, w4a8, w8a4, w4a4, or a .json file with those of each "
    "layer.",
)
@click.option(
    "--distill-from",
    metavar="TEACHER",
    help="A .keras file, a run's folder, a checkpoint, or an architecture that is trained first.",
)
@click.option(
    "--distill-coefficient",
    type=float,
    default=COEFFICIENT,
    show_default=True,
    help="The teacher's share in the loss; the labels have the rest.",
)
@click.option(
    "--distill-temperature",
    type=float,
    default=TEMPERATURE,
    show_default=True,
    help="Softens the opinions of teacher and student.",
)
@click.option(
    "--from",
    "checkpoint",
    metavar="CHECKPOINT",
    help="A run's folder or checkpoint whose float network to quantize, instead of training one.",
)
@click.option("--epochs", type=click.IntRange(1), help="Of the float network, and of a teacher.")
@click.option("--qat-epochs", type=click.IntRange(0), help="Of the quantized network; 0: none.")
@click.option("--batch", type=click.IntRange(1), help="Examples in a step.")
@click.option("--learning-rate", type=float, help="Its peak, for the float network.")
@click.option("--qat-learning-rate", type=float, help="Its peak, for the quantized network.")
@click.option(
    "--patience",
    type=click.IntRange(0),
    help="Epochs without a better validation score that end a stage; 0: never.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of weights, order, augmentation and synthetic data.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that the folder holds.")
@click.option("--force", is_flag=True, help="Replace the run that the folder holds.")
def train(console: Console, output: Path, **options: Any) -> None:
    """Trains ARCH for a task and writes an exact, measured .tflite file.

    ARCH is a name or an arch.json; by default the task's usual one. First the float network is
    trained, then the quantized one, as the integers will compute; the exported file is executed by
    TFLM on the whole test set. What is not given is the task's recipe. A run that was interrupted
    ends, with --resume, with the same file as if it had not been.

    \b
    Examples:
      mcugen train ds_cnn_s --task kws --bits w4a8 -o runs/kws
      mcugen train micronet_kws_s --task kws --data speech_commands_v0.02 -o runs/micro
      mcugen train --task kws --bits w4a4 --distill-from ds_cnn_l --from runs/kws -o runs/w4a4
      tensorboard --logdir runs
    """
    try:
        with console.progress() as progress:
            result = api.train(output=output, progress=progress, **options)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted", "go on from the last epoch: the same command with --resume"
        ) from None
    console.result(result, train_view(result))
