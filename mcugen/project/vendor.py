"""Projects on a vendor's PlatformIO platform: arduino, stm32cube, espidf."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcugen.boards import Board
from mcugen.errors import InputRejected
from mcugen.platform.paths import SUPPORT_DIR

_WARNINGS = "-Wall -Wextra"

# The vendors' builders keep CPU flags in build_flags from the linker.
_CPU_SCRIPT = '''\
"""Gives the CPU's flags to assembler, compiler and linker alike."""

Import("env")

FLAGS = {flags!r}
env.Append(ASFLAGS=FLAGS, CCFLAGS=FLAGS, LINKFLAGS=FLAGS)
'''


@dataclass(frozen=True)
class VendorProject:
    """`lines` of platformio.ini's [env] section, and `files` (path in the project → text)."""

    lines: tuple[str, ...]
    files: dict[str, str | bytes]


def vendor_project(board: Board, framework: str) -> VendorProject:
    """The vendor's share of a project; raises InputRejected if the board does not offer it."""
    if framework not in board.frameworks or framework not in _WRITERS:
        offered = [f for f in board.frameworks if f in _WRITERS]
        hint = f"frameworks of {board.id}: {', '.join(offered) or 'none'}"
        if board.has_own_port:
            hint += "\nwithout --framework, mcugen's own platform builds for it"
        raise InputRejected(f"{board.id} has no framework {framework!r}", hint)
    return _WRITERS[framework](board)


def _arduino(board: Board) -> VendorProject:
    return VendorProject(
        lines=_lines(board, "arduino", renames_main=True),
        files=_files({"arduino/mcugen_board.cpp": "src/mcugen_board.cpp"}),
    )


def _espidf(board: Board) -> VendorProject:
    return VendorProject(
        lines=_lines(board, "espidf", renames_main=True),
        files=_files({"espidf/mcugen_board.c": "src/mcugen_board.c"}),
    )


def _stm32cube(board: Board) -> VendorProject:
    """Our own port under ST's start-up code and linker script."""
    port = board.manifest["mcugen"]["port"]
    sources = [s for s in port["sources"] if s.startswith("stm32/")] if port else []
    if not sources:
        raise InputRejected(
            f"mcugen has no stm32cube port to {board.id}", "use --framework arduino"
        )
    wanted = [*sources, "stm32/chip.h", "cortexm/port.h", "stm32cube/mcugen_interrupts.c"]
    files = _files({name: f"src/board/{Path(name).name}" for name in wanted})
    files["cpu_flags.py"] = _CPU_SCRIPT.format(flags=list(board.cpu_flags))
    defines = [f"-D{name}={value}" for name, value in port["defines"].items()]
    own = {"MCUGEN_BAUD", "MCUGEN_CACHES"}
    kept = [flag for flag in defines if flag[2:].split("=")[0] not in own]
    lines = _lines(board, "stm32cube", renames_main=False, flags=["-Isrc/board", *kept])
    return VendorProject((*lines, "extra_scripts = pre:cpu_flags.py"), files)


_WRITERS: dict[str, Callable[[Board], VendorProject]] = {
    "arduino": _arduino,
    "espidf": _espidf,
    "stm32cube": _stm32cube,
}


def _lines(
    board: Board, framework: str, *, renames_main: bool, flags: list[str] | None = None
) -> tuple[str, ...]:
    vendor = board.manifest["mcugen"]["vendor"]
    build_flags = " ".join([_WARNINGS, f"-DMCUGEN_BAUD={board.serial_baud}U", *(flags or [])])
    lines = [
        f"platform = {vendor['platform']}",
        f"board = {vendor['board']}",
        f"framework = {framework}",
        f"build_flags = {build_flags}",
        f"monitor_speed = {board.serial_baud}",
    ]
    if renames_main:
        # The framework has a main() of its own; only the project's sources see this.
        lines.append("build_src_flags = -Dmain=mcugen_main")
    return tuple(lines)


def _files(sources: dict[str, str]) -> dict[str, str | bytes]:
    wanted = {"include/mcugen_board.h": "include/mcugen_board.h", **sources}
    return {
        target: (SUPPORT_DIR / source).read_text(encoding="utf-8")
        for source, target in wanted.items()
    }
