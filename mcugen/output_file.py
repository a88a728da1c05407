"""Writes a file that a verb was asked for: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mcugen.errors import InputRejected, McugenError

TEMPORARY = ".mcugen-"
"""How the names of folders begin in which files are made."""


def check_output(output: Path, force: bool) -> None:
    """Raises InputRejected if the new file cannot or should not be written there."""
    if output.suffix.lower() != ".tflite":
        raise InputRejected(
            f"{output} is no name for a model", f"give the file that ending: {output.name}.tflite"
        )
    if not output.absolute().parent.is_dir():
        raise InputRejected(f"cannot write {output}: its folder does not exist", "create it first")
    if output.is_dir():
        raise InputRejected(f"{output} is a folder", "choose another name with -o")
    if output.exists() and not force:
        raise InputRejected(
            f"{output} exists", "choose another name with -o, or overwrite it with --force"
        )


def write_output(output: Path, data: bytes) -> None:
    """The whole file or nothing, also if the computer stops on the way."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=TEMPORARY) as name:
            fresh = Path(name) / output.name
            fresh.write_bytes(data)
            os.replace(fresh, output)
    except OSError as error:
        raise McugenError(
            f"cannot write {output}: {error.strerror or error}", "choose another file with -o"
        ) from None
