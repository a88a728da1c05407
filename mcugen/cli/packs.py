"""mcugen packs"""

from __future__ import annotations

from pathlib import Path

import click

from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.packs.install import install as install_packs
from mcugen.packs.listing import list_packs
from mcugen.packs.store import Store
from mcugen.report.text_packs import packs_view


@command
def install(console: Console) -> None:
    """Fetches the packs that the tflm runtime needs and that are not there yet."""
    store = Store.default()
    with console.progress() as progress:
        hashes = install_packs(store, progress)
    for name, sha256 in hashes.items():
        console.note(f"{name} has SHA-256 {sha256}")
    _show(console, store)


@command
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
def add(console: Console, paths: tuple[Path, ...]) -> None:
    """Takes in .pack files, unpacked packs, or folders of either.

    \b
    Examples:
      mcugen packs add ARM.CMSIS-NN.7.0.0.pack
      mcugen packs add ~/Downloads/packs
    """
    store = Store.default()
    with console.progress() as progress:
        for done, path in enumerate(paths):
            progress(f"adding {path}", done, len(paths))
            store.add(path)
    _show(console, store)


@command
def list_(console: Console) -> None:
    """Lists the packs that are there, and what is missing."""
    _show(console, Store.default())


def _show(console: Console, store: Store) -> None:
    result = list_packs(store)
    console.result(result, packs_view(result))


@click.group(commands=[install, add, list_], invoke_without_command=True)
@click.pass_context
def packs(ctx: click.Context) -> None:
    """CMSIS-Packs: the sources of TensorFlow Lite Micro and CMSIS-NN.

    They lie in mcugen's cache, or in the folder that MCUGEN_PACKS names.
    """
    if ctx.invoked_subcommand is None:
        ctx.obj.text(ctx.get_help())
