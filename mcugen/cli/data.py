"""mcugen data"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mcugen import datasets
from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.report.text_data import checked_view, synthesized_view

_task = click.argument("task")
_seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Draws what is synthetic, or sampled.",
)


@click.group()
def data() -> None:
    """Makes and checks data folders of a training task.

    TASK is kws, vww, ad, or the path of a Python file with a task of your own.
    """


@command
@_task
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder to write; it must not exist.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    help="Training examples, validation and test in proportion; by default the task's number.",
)
@_seed
def synth(console: Console, task: str, output: Path, **options: Any) -> None:
    """Writes the offline set of TASK, in the layout of the real data set.

    The same seed gives the same files. `mcugen train` without --data uses such a set directly; in a
    folder it can be listened to, looked at, and mixed with recordings of your own.

    \b
    Examples:
      mcugen data synth kws -o spoken
      mcugen data synth kws -o few --examples 1200
    """
    with console.progress() as progress:
        result = datasets.synthesize_data(task, output, progress=progress, **options)
    console.result(result, synthesized_view(result))


@command
@_task
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--architecture",
    metavar="ARCH",
    help="Check for a network of this input; by default the task's own architecture.",
)
@_seed
def check(console: Console, task: str, folder: Path, **options: Any) -> None:
    """Says what a training of TASK finds in DIR: examples by class, and what it leaves out.

    The features that this computes are kept, so a training of the same data begins at once.

    \b
    Examples:
      mcugen data check kws speech_commands_v0.02
    """
    with console.progress() as progress:
        result = datasets.check_data_folder(task, folder, progress=progress, **options)
    console.result(result, checked_view(result))


data.add_command(synth)
data.add_command(check)
