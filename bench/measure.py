"""Builds, profiles and weighs one model in one configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench.cycles import Estimate, estimate
from mcugen import api
from mcugen.boards import load_board
from mcugen.boards.load import BOARDS_DIR
from mcugen.project.writer import OPTIMIZE
from mcugen.results import LayerProfile
from mcugen.samples import seeded
from mcugen.toolchain.elf import Symbol, read_sizes

LEVELS = OPTIMIZE
"""Optimization levels, the default first."""

M0_CODE = "m0_on_m3"
"""Cortex-M0 code on the emulated Cortex-M3, whose instructions include the M0's: the emulated M0
has 16 KiB of RAM, which few models fit."""

LINK_SOURCES = ("main.c", "startup.c", "faults.c", "syscalls.c", "board.c", "ticks_")
CLASSES = (
    "start-up and link",
    "kernels",
    "calls and parameters",
    "C library",
    "constants",
    "padding",
)
"""What flash holds; all but `constants` is code."""


@dataclass(frozen=True)
class Configuration:
    """A board and an optimization level."""

    board: str
    level: str

    def __str__(self) -> str:
        return f"{self.board} -{self.level}"


@dataclass(frozen=True)
class Figures:
    """One model in one configuration. Bytes are static, instructions from the emulator.

    `macs` are those that the firmware executes, `file_macs` those of the file as it is.
    """

    model: str
    file_macs: int
    macs: int
    flash_bytes: int
    flash_by_class: dict[str, int]
    arena_bytes: int
    lower_bound_bytes: int
    stack_bytes: int | None
    instructions: int
    layers: tuple[LayerProfile, ...]
    estimate: Estimate | None = None

    @property
    def code_bytes(self) -> int:
        """Flash without the model's constants."""
        return self.flash_bytes - self.flash_by_class["constants"]


def measure(path: Path, where: Configuration, folder: Path, plugin: Path | None = None) -> Figures:
    """Builds and profiles a model below `folder`; with `plugin` also estimates cycles.

    Raises McugenError, for example if the model does not fit the board.
    """
    board = _board(where.board, folder)
    target = folder / f"{path.stem}-{where.board}-{where.level}"
    built = api.build(path, board, output=target, optimize=where.level)
    profiled = api.profile(path, board, output=target)
    assert built.elf and built.flash_bytes is not None and profiled.instructions is not None
    model = api.load(path)
    figures = Figures(
        model=path.stem,
        file_macs=model.graph.macs,
        macs=built.macs,
        flash_bytes=built.flash_bytes,
        flash_by_class=flash_by_class(built.elf, model.prefix, built.flash_bytes),
        arena_bytes=built.arena_bytes,
        lower_bound_bytes=built.arena_lower_bound_bytes,
        stack_bytes=built.stack_bytes,
        instructions=profiled.instructions,
        layers=profiled.layers,
    )
    if plugin is None:
        return figures
    sample = seeded(model.graph, 1, 0)[0]
    priced = estimate(load_board(board), built.elf, model.prefix, sample, plugin)
    return replace(figures, estimate=priced)


def flash_by_class(elf: Path, prefix: str, flash_bytes: int) -> dict[str, int]:
    """Flash bytes by what they are for, from the sizes of the image's symbols."""
    sizes = read_sizes(elf)
    in_flash = {section.name for section in sizes.sections if section.in_flash}
    totals = dict.fromkeys(CLASSES, 0)
    for symbol in sizes.symbols:
        if symbol.section in in_flash:
            totals[symbol_class(symbol, prefix)] += symbol.size_bytes
    # What no symbol covers: alignment, tables of the linker script, literal pools of assembly.
    totals["padding"] = flash_bytes - sum(totals.values())
    return totals


def symbol_class(symbol: Symbol, prefix: str) -> str:
    """The one of `CLASSES` that a symbol belongs to, by the file it was compiled from."""
    source = symbol.source or ""
    if source == f"{prefix}_constants.c":
        return "constants"
    if source in (f"{prefix}.c", f"{prefix}_quantize.c", f"{prefix}_arena.c"):
        return "calls and parameters"
    if source.startswith(f"{prefix}_"):
        return "kernels"
    return "start-up and link" if source.startswith(LINK_SOURCES) else "C library"


def _board(name: str, folder: Path) -> str:
    """A board's id, or the path of the board file that is made for it."""
    if name != M0_CODE:
        return name
    path = folder / f"{name}.json"
    if not path.is_file():
        path.write_text(_m0_manifest())
    return str(path)


@cache
def _m0_manifest() -> str:
    manifest = json.loads((BOARDS_DIR / "qemu_m3.json").read_text(encoding="utf-8"))
    manifest["build"]["cpu"] = manifest["mcugen"]["core"] = "cortex-m0"
    return json.dumps(manifest)
