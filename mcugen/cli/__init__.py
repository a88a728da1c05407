"""The command line: one module a command, no logic but that of the mouth and the ears."""

from __future__ import annotations

import contextlib
import difflib
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from mcugen.console import Console
from mcugen.errors import InputRejected, McugenError
from mcugen.version import VERSION

COMMANDS = (
    *("build", "run", "verify", "profile", "compare", "inspect", "quantize"),
    *("search", "sweep", "characterize", "train", "export", "data"),
    *("flash", "boards", "packs", "doctor"),
)


class Interrupted(McugenError):
    """The user pressed Ctrl-C."""

    exit_code = 130


class Cli(click.Group):
    """Loads a command when it is asked for, and turns every failure into an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"mcugen.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            nearest = difflib.get_close_matches(args[0].lower(), COMMANDS, n=1, cutoff=0.5)
            tries = [f"mcugen {nearest[0]}"] if nearest else []
            raise InputRejected(
                f"there is no command '{args[0]}'",
                "\n".join([*tries, "mcugen --help lists the commands"]),
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # click would write a line end to standard error, which `--json` keeps empty.
            raise Interrupted("interrupted") from None

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, **_options: Any
    ) -> NoReturn:
        """Runs the command line `args` and exits: see docs/cli.md for the codes."""
        words = list(sys.argv[1:] if args is None else args)
        console = _console(words)
        try:
            answer = super().main(words, "mcugen", standalone_mode=False, obj=console)
            code = answer if isinstance(answer, int) else 0
            sys.stdout.flush()
        except (KeyboardInterrupt, click.Abort):  # before or after the command itself
            code = _report(console, Interrupted("interrupted"))
        except Exception as exception:
            code = _explain(console, exception)
        sys.exit(code)


def _console(words: Sequence[str]) -> Console:
    """The console that the options ask for, known before parsing so that its errors obey them."""
    options = set(words[: words.index("--")] if "--" in words else words)
    return Console(
        json="--json" in options,
        quiet=bool(options & {"--quiet", "-q"}),
        debug="--debug" in options,
    )


def _explain(console: Console, exception: Exception) -> int:
    """Prints what an exception means to the user; gives the exit code."""
    if isinstance(exception, OSError) and exception.errno == errno.EPIPE:
        # Whoever read our output has gone; keep the interpreter from complaining at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if console.debug:
        console.traceback()
    return _report(console, _as_error(exception))


def _as_error(exception: Exception) -> McugenError:
    if isinstance(exception, McugenError):
        return exception
    if isinstance(exception, click.UsageError):
        path = exception.ctx.command_path if exception.ctx else "mcugen"
        parameter = getattr(exception, "param", None)
        board = (
            "mcugen boards  lists the boards\n" if getattr(parameter, "name", "") == "board" else ""
        )
        return InputRejected(exception.format_message(), f"{board}{path} --help")
    if isinstance(exception, click.ClickException):
        return InputRejected(exception.format_message())
    if isinstance(exception, OSError):
        place = f"'{exception.filename}': " if exception.filename else ""
        return McugenError(f"{place}{exception.strerror or exception}")
    return McugenError(
        f"this is a mistake in mcugen: {type(exception).__name__}: {exception}",
        "the same command with --debug shows where; please report it with the model, if you may",
    )


def _report(console: Console, error: McugenError) -> int:
    with contextlib.suppress(OSError):  # a closed pipe or a full disk: the exit code remains
        console.error(error)
    return error.exit_code


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.text(f"mcugen {VERSION}")
        ctx.exit()


@click.group(
    cls=Cli,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Finds and trains small networks, and turns .tflite models into proven firmware.

    \b
    mcugen search kws -b nucleo_f446re -o runs/a  a network that fits the board is found
    mcugen train ds_cnn_s --task kws -o runs/kws  an architecture becomes a measured model
    mcugen inspect model.tflite                   what is in it, and which boards hold it
    mcugen build model.tflite --board qemu_m4     a PlatformIO project, compiled
    mcugen verify model.tflite --board qemu_m4    every output byte against the reference
    mcugen quantize model.tflite --weights int4 -o small.tflite
    mcugen flash DIR                              onto a real board

    Exit codes: 0 done, 1 failed, 2 input rejected, 3 does not fit the board, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        ctx.obj.text(ctx.get_help())


__all__ = ["COMMANDS", "Cli", "main"]
