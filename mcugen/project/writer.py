"""A PlatformIO project around a model's library."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mcugen.boards import Board
from mcugen.project.vendor import vendor_project
from mcugen.runtimes.runtime import Program
from mcugen.templating import render
from mcugen.toolchain.pio import copy_platform
from mcugen.version import VERSION

OWN_FLAGS = "-Wall -Wextra -Wconversion -Wshadow"
OPTIMIZE = ("O2", "O3", "Os")
"""The compiler's optimization levels, the default first."""


@dataclass(frozen=True)
class ProjectFiles:
    """A project's files (relative path → content) and what its manifest states beside them."""

    files: dict[str, str | bytes]
    facts: dict[str, object]


def project_files(
    program: Program,
    board: Board,
    prefix: str,
    model_sha256: str,
    framework: str | None,
    optimize: str | None = None,
    runtime: str = "aot",
) -> ProjectFiles:
    """Everything that the project consists of; the same arguments give the same bytes.

    `framework` None means our own bare-metal platform, which then travels in the project.
    `runtime` is the name of the one that `program` is for. `optimize` is a level of `OPTIMIZE`;
    None leaves it to the platform.
    """
    files: dict[str, str | bytes] = {
        f"lib/{prefix}/{path}": content
        for path, content in program.files(prefix, model_sha256).items()
    }
    values = {
        "prefix": prefix,
        "PREFIX": prefix.upper(),
        "board": board.id,
        "version": VERSION,
        "model_sha256": model_sha256,
        "own_platform": framework is None,
        "arena_bytes": program.arena.size_bytes,
        "tries_arena": program.tries_arenas,
        "macs": program.graph.macs,
        "inputs": range(len(program.graph.inputs)),
        "outputs": range(len(program.graph.outputs)),
        "compiler": _compiler(board, framework),
        "upload_does": _upload(board),
    }
    if framework is None:
        files |= _own_platform(board)
        lines = [
            "platform = symlink://${PROJECT_DIR}/platform",
            f"board = {board.id}",
            f"build_flags = {OWN_FLAGS}",
        ]
    else:
        vendor = vendor_project(board, framework)
        files |= vendor.files
        lines = list(vendor.lines)
    if optimize:
        # The compiler obeys the last level, and the platform's own stands before these flags.
        lines = [f"{x} -{optimize}" if x.startswith("build_flags =") else x for x in lines]
    files["platformio.ini"] = render("project/platformio.ini.j2", platform_lines=lines, **values)
    files["src/main.c"] = render("project/main.c.j2", **values)
    files["README.md"] = render("project/README.md.j2", **values)
    files[".gitignore"] = ".pio/\n__pycache__/\nprofile.json\n"
    facts: dict[str, object] = {
        "mcugen": VERSION,
        "runtime": runtime,
        "prefix": prefix,
        "board": board.id,
        "framework": framework,
        "optimize": optimize,
        "model_sha256": model_sha256,
        "arena_bytes": program.arena.size_bytes,
        "macs": program.graph.macs,
        **program.facts,
    }
    return ProjectFiles(files, facts)


def _own_platform(board: Board) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "platform"
        copy_platform(board, folder)
        return {
            f"platform/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def _compiler(board: Board, framework: str | None) -> str:
    if framework is not None:
        return "a network connection for the vendor's packages"
    return "gcc" if board.kind == "host" else "arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)"


def _upload(board: Board) -> str:
    if board.kind == "host":
        return "runs it on this machine"
    return "runs it in QEMU" if board.is_emulated else "flashes the board"
