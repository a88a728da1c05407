"""What all commands share: the output options, and arguments that several take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mcugen.runtimes.registry import RUNTIMES

F = TypeVar("F", bound=Callable[..., Any])

# `Cli.main` reads these three before parsing, so that usage errors obey them too.
_OUTPUT_OPTIONS = (
    click.option("--json", is_flag=True, expose_value=False, help="One JSON object on stdout."),
    click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, help="Only the verdict, or the error."
    ),
    click.option("--debug", is_flag=True, expose_value=False, help="Tracebacks of errors."),
)


def command(function: Callable[..., Any]) -> click.Command:
    """Makes a command of a function whose first parameter is the `Console`.

    The function's name is the command's, its docstring the help, and an int that it returns the
    exit code.
    """
    for option in reversed(_OUTPUT_OPTIONS):
        function = option(function)
    return click.command(function.__name__.strip("_"))(click.pass_obj(function))


def model_argument(function: F) -> F:
    """MODEL: a .tflite file."""
    return click.argument("model", type=click.Path(path_type=Path))(function)


def board_option(function: F) -> F:
    """--board: an id, or a path to the user's own board file."""
    return click.option(
        "-b",
        "--board",
        required=True,
        metavar="ID",
        help="A board that 'mcugen boards' lists, or a board file of your own.",
    )(function)


def runtime_option(function: F) -> F:
    """--runtime: what runs the model."""
    return click.option(
        "--runtime",
        type=click.Choice(RUNTIMES),
        default=RUNTIMES[0],
        show_default=True,
        help="What runs the model: C code of its own, or TensorFlow Lite Micro.",
    )(function)


def seed_option(default: int | None) -> Callable[[F], F]:
    """--seed: what the made-up inputs are drawn from."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=default,
        show_default=default is not None,
        help="Seed of the random inputs.",
    )


def input_option(function: F) -> F:
    """--input: files with inputs."""
    return click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Inputs: .npy, .npz, or raw bytes; may be repeated.",
    )(function)


def port_option(function: F) -> F:
    """--port: how to reach a real board."""
    return click.option("--port", help="Serial port of a real board.")(function)


def data_option(function: F) -> F:
    """--data: what to train on."""
    return click.option(
        "--data",
        default="synthetic",
        show_default=True,
        metavar="DIR|synthetic",
        help="The task's data set, or the offline one that mcugen makes.",
    )(function)


_SEARCH_OPTIONS = (
    click.option("--task", metavar="TASK", help="What to train for; the space's own by default."),
    data_option,
    click.option(
        "--latency-model",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="What mcugen characterize has fitted.",
    ),
    click.option(
        "--bits",
        type=click.Choice(["8", "4", "mixed"]),
        help="Of weights and activations; mixed: one more decision for each block. Default: the "
        "space's own, 8.",
    ),
    click.option("--epochs", type=click.IntRange(1), help="Of a search, warm-up included."),
    click.option("--warmup-epochs", type=click.IntRange(0), help="Without change of architecture."),
    click.option(
        "--rank-epochs",
        type=click.IntRange(0),
        default=4,
        show_default=True,
        help="Of training, to compare candidates; the best third is trained on, twice as long, and "
        "so forth. 0: the first is taken, and there is no accuracy.",
    ),
    click.option("--learning-rate", type=float, help="Its peak, for the supernet's weights."),
)


def search_options(function: F) -> F:
    """What one search and many of them take, besides budgets."""
    for option in reversed(_SEARCH_OPTIONS):
        function = option(function)
    return function
