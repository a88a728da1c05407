"""The part of our PlatformIO platform that one board needs, as it travels in a project."""

from __future__ import annotations

import json
from pathlib import Path

from mcugen.boards import Board, load_board
from mcugen.errors import McugenError
from mcugen.platform.paths import PLATFORM_DIR, SUPPORT_DIR

_COMMON = (
    "platform.json",
    "platform.py",
    "builder/linker_script.py",
    "builder/main.py",
    "builder/manifest.py",
    "builder/upload.py",
)
_INCLUDE = "include/mcugen_board.h"


def copy_platform(board: Board, destination: Path) -> None:
    """Writes the platform for `board` into `destination`; the same board gives the same bytes.

    Raises McugenError if our platform has no port to the board.
    """
    if not board.has_own_port:
        raise McugenError(
            f"mcugen's own platform has no port to {board.id}",
            f"use --framework {board.default_framework}",
        )
    for name in _COMMON:
        _copy(PLATFORM_DIR / name, destination / name)
    for name in (_INCLUDE, *_port_files(board)):
        _copy(SUPPORT_DIR / name, destination / "support" / name)
    manifest = destination / "boards" / f"{board.id}.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(board.manifest, indent=2, ensure_ascii=False)
    manifest.write_text(text + "\n", encoding="utf-8")


def project_board(project_dir: Path) -> Board:
    """The board whose manifest travels in a generated project; raises McugenError."""
    found = sorted((project_dir / "platform" / "boards").glob("*.json"))
    if len(found) != 1:
        raise McugenError(
            f"{project_dir / 'platform' / 'boards'} must hold one board, and holds {len(found)}",
            "mcugen build writes the project anew",
        )
    return load_board(found[0])


def _port_files(board: Board) -> list[str]:
    """The port's sources, and the headers beside them."""
    sources = list(board.manifest["mcugen"]["port"]["sources"])
    folders = sorted({Path(name).parent for name in sources})
    headers = [
        path.relative_to(SUPPORT_DIR).as_posix()
        for folder in folders
        for path in sorted((SUPPORT_DIR / folder).glob("*.h"))
    ]
    return sources + headers


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
