"""A run's folder: who may write into it, and what is in it. Needs no TensorFlow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from mcugen.errors import InputRejected, McugenError
from mcugen.version import VERSION

CONFIG = "config.json"
FORMAT = "mcugen-run"
CONTENTS = (
    *(CONFIG, "arch.json", "checkpoints", "logs", "log.csv"),
    *("model.tflite", "report.json", "report.html"),
)


def check_folder(folder: Path, options: dict[str, Any], *, resume: bool, force: bool) -> None:
    """Raises InputRejected if a run may not begin there, or not go on there.

    A run goes on where it was interrupted if `resume` and the options are the same; there need not
    be one. `force` allows to replace a run; nothing else is ever replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise InputRejected(f"'{folder}' is not a folder", "choose another one with -o")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / CONFIG).is_file():
        raise InputRejected(
            f"'{folder}' is not empty, and not a run's folder", "choose another one with -o"
        )
    if resume:
        _check_options(folder, options)
    elif not force:
        raise InputRejected(
            f"'{folder}' holds a run already",
            "go on with it: --resume\nreplace it: --force\nchoose another one with -o",
        )


def make_folder(folder: Path, options: dict[str, Any], *, resume: bool) -> None:
    """Makes the folder that `check_folder` has allowed; removes a run that is not resumed."""
    try:
        if (folder / CONFIG).is_file():
            if resume:
                return
            _remove(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"format": FORMAT, "mcugen": VERSION} | options, indent=2)
        (folder / CONFIG).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise McugenError(
            f"cannot write '{folder}': {error.strerror or error}", "choose another one with -o"
        ) from None


def _remove(folder: Path) -> None:
    for name in CONTENTS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _check_options(folder: Path, options: dict[str, Any]) -> None:
    """Refuses options that would end in another network than the interrupted run's."""
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise ValueError("not a run's")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InputRejected(
            f"'{folder / CONFIG}' is damaged, or not of a run", "begin anew: --force"
        ) from None
    # As JSON has it: tuples are lists there.
    wanted = json.loads(json.dumps(options))
    different = [name for name in wanted if found.get(name) != wanted[name]]
    if different:
        told = ", ".join(
            f"{n}: {_short(found.get(n))} then, {_short(wanted[n])} now" for n in different
        )
        raise InputRejected(
            f"the run in '{folder}' has other options ({told})",
            "give the options of then, or begin anew: --force",
        )


def _short(value: Any) -> str:
    """A value in a message; of an architecture the name is enough."""
    return str(value["name"]) if isinstance(value, dict) and "name" in value else json.dumps(value)
