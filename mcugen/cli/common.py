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
