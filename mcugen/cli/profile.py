"""mcugen profile"""

from __future__ import annotations

from pathlib import Path

from mcugen import api
from mcugen.cli.common import (
    board_option,
    command,
    model_argument,
    port_option,
    runtime_option,
    seed_option,
)
from mcugen.console import Console
from mcugen.report.text import profile_view


@command
@model_argument
@board_option
@runtime_option
@seed_option(0)
@port_option
def profile(
    console: Console, model: Path, board: str, runtime: str, seed: int, port: str | None
) -> None:
    """Counts what each layer executes in one inference.

    An emulated board counts instructions, exactly and repeatably, and never milliseconds.

    \b
    Example:
      mcugen profile kws.tflite --board qemu_m4
    """
    with console.progress() as progress:
        result = api.profile(model, board, seed=seed, runtime=runtime, port=port, progress=progress)
    console.result(result, profile_view(result, console.width))
