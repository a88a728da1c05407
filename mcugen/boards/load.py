"""Finds and checks board manifests."""

from __future__ import annotations

import difflib
import functools
import json
import re
from pathlib import Path
from typing import Any

from mcugen.boards.board import Board
from mcugen.boards.check import checked_board
from mcugen.errors import InputRejected

BOARDS_DIR = Path(__file__).parent
_ID = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MAXIMUM_BYTES = 1 << 20


def load_board(id_or_path: str | Path) -> Board:
    """The board of this id, or the one that a .json file of the user's describes.

    Raises InputRejected, naming file and key, or the ids that come nearest.
    """
    text = str(id_or_path)
    if text.endswith(".json") or "/" in text or "\\" in text:
        return _load_file(Path(text))
    if not _ID.fullmatch(text) or not (BOARDS_DIR / f"{text}.json").is_file():
        near = difflib.get_close_matches(text.lower().replace("-", "_"), _ids(), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?\n" if near else ""
        raise InputRejected(f"there is no board {text!r}", hint + "mcugen boards lists them all")
    return _builtin(text)


def list_boards() -> tuple[Board, ...]:
    """All boards that come with mcugen: the host, emulated ones, real ones, each by id."""
    order = ("host", "emulator", "board")
    boards = (_builtin(name) for name in _ids())
    return tuple(sorted(boards, key=lambda board: (order.index(board.kind), board.id)))


@functools.cache
def _builtin(board_id: str) -> Board:
    return _load_file(BOARDS_DIR / f"{board_id}.json")


def _ids() -> list[str]:
    return sorted(path.stem for path in BOARDS_DIR.glob("*.json"))


def _load_file(path: Path) -> Board:
    if not _ID.fullmatch(path.stem):
        raise InputRejected(
            f"{path.name}: a board's file is named after its id",
            "use lower-case letters, digits and underscores, such as my_board.json",
        )
    try:
        if path.stat().st_size > _MAXIMUM_BYTES:
            raise InputRejected(f"{path}: too large for a board manifest")
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputRejected(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputRejected(f"{path}: not JSON: {error}") from error
    return checked_board(path, manifest)
