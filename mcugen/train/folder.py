"""A run's folder: who may write into it, and what is in it. Needs no TensorFlow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcugen.errors import InputRejected, McugenError
from mcugen.output_file import TEMPORARY, write_output
from mcugen.text import printable
from mcugen.train.stages import CHECKPOINTS
from mcugen.version import VERSION

CONFIG = "config.json"
FORMAT = "mcugen-run"
LONGEST_DIFFERENCE = 80
"""Characters of a changed option that a message still shows."""
CONTENTS = (
    *("report.json", "report.html", "report.txt", "model.tflite"),
    *("samples.csv", "layers.csv", "latency.json", "plot.svg", "networks", "firmware"),
    *("pareto.csv", "pareto_ops.svg", "pareto_arena_bytes.svg", "pareto_flash_bytes.svg", "runs"),
    *("arch.json", CHECKPOINTS, "logs", "log.csv", CONFIG),
)
"""In the order of removal: what is left of it is a run's folder until the end."""


def check_folder(folder: Path, options: dict[str, Any], *, resume: bool, force: bool) -> None:
    """Raises InputRejected if a run may not begin there, or not go on there.

    A run goes on where it was interrupted if `resume` and the options are the same; there need not
    be one. `force` allows to replace a run; nothing else is ever replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise InputRejected(f"'{folder}' is not a folder", "choose another one with -o")
    # A run that was killed at its very beginning leaves a temporary folder, and nothing else.
    if not folder.is_dir() or all(x.name.startswith(TEMPORARY) for x in folder.iterdir()):
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


def check_not_read(folder: Path, files: Mapping[str, Path]) -> None:
    """Raises InputRejected if a run in `folder` would replace one of the `files` that it reads."""
    own = [(folder / name).resolve() for name in CONTENTS]
    for path in files.values():
        if any(path.resolve().is_relative_to(place) for place in own):
            raise InputRejected(
                f"the run would read '{path}', which the run in '{folder}' replaces",
                "choose another folder with -o",
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
        write_output(folder / CONFIG, f"{text}\n".encode())
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
        told = ", ".join(_difference(n, found.get(n), wanted[n]) for n in different)
        raise InputRejected(
            f"the run in '{folder}' has other options ({told})",
            "give the options and files of then, or begin anew: --force",
        )


def _difference(name: str, then: Any, now: Any) -> str:
    """An option in a message; of an object, what has changed in it; of files, which."""
    if not (isinstance(then, dict) and isinstance(now, dict)):
        return f"{name}: {json.dumps(then)} then, {json.dumps(now)} now"
    fields = [x for x in {**then, **now} if then.get(x) != now.get(x)]
    short = [f"{x} {then.get(x)} then, {now.get(x)} now" for x in fields]
    if name == "inputs" or max(map(len, short)) > LONGEST_DIFFERENCE:
        short = [f"other {x}" for x in fields]
    return f"{name}: {', '.join(map(printable, short))}"
