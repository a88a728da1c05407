"""mcugen flash"""

from __future__ import annotations

from pathlib import Path

import click

from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.flashing import flash as upload
from mcugen.report.text_setup import flash_view


@command
@click.argument("project", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--port", help="Serial port or probe, where the uploader takes one.")
def flash(console: Console, project: Path, port: str | None) -> None:
    """Uploads the project in DIR, that `mcugen build` wrote, to its board.

    The same as `pio run -t upload` there, with errors that say what to do.

    \b
    Example:
      mcugen flash kws-disco_f746ng
    """
    with console.progress() as progress:
        result = upload(project, port, progress=progress)
    console.result(result, flash_view(result))
