"""The last profile of a project, kept in its folder for `inspect` to show."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from mcugen.boards import Board
from mcugen.model import Model
from mcugen.project.tree import MANIFEST
from mcugen.results import LayerProfile, ProfileResult, as_json

FILE = "profile.json"
"""What `mcugen profile --json` prints."""


def save(folder: Path, result: ProfileResult) -> None:
    """Keeps a profile in a project's folder, whole or not at all.

    A folder that cannot be written to, or is no project, is left alone: the caller has the result.
    """
    if not (folder / MANIFEST).is_file():
        return
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(dir=folder) as name:
        fresh = Path(name, FILE)
        fresh.write_text(json.dumps(as_json(result), indent=2) + "\n", encoding="utf-8")
        os.replace(fresh, folder / FILE)


def find(folder: Path, model: Model, board: Board) -> ProfileResult | None:
    """The kept profile if it is of this model, board and choice of kernels; else None."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        layers = tuple(LayerProfile(**layer) for layer in document["layers"])
        result = ProfileResult(**(document | {"layers": layers}))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    kernels = [layer.kernel for layer in model.program(board.isa).layers]
    same = (result.model_sha256, result.board) == (model.sha256, board.id)
    if not same or [layer.kernel for layer in layers] != kernels or not _is_sound(result):
        return None
    return result


def _is_sound(result: ProfileResult) -> bool:
    """Whether what `inspect` shows has the types that it should have; anybody can edit a file."""
    counts = [count for layer in result.layers for count in (layer.instructions, layer.cycles)]
    return (
        all(count is None or type(count) is int for count in counts)
        and isinstance(result.sources, dict)
        and isinstance(result.optimize, str | None)
    )
