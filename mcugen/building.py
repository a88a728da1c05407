"""`build`: from a model to a project, an image, and the account of what it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mcugen.boards import Board
from mcugen.boards.board import Region
from mcugen.errors import DoesNotFit, McugenError
from mcugen.flash_parts import flash_parts
from mcugen.measuring import settle
from mcugen.progress import Progress, silent
from mcugen.results import BuildResult, PeakTensor, RegionUse
from mcugen.target import Target, as_built, default_folder, generate, make_target
from mcugen.text import printable
from mcugen.toolchain.elf import SectionSize, read_sizes
from mcugen.toolchain.pio import error_lines, run_pio
from mcugen.toolchain.stack import stack_bound

__all__ = [
    "BuildDoesNotFit",
    "Target",
    "as_built",
    "build",
    "check_plan_fits",
    "compile_image",
    "default_folder",
    "generate",
    "make_target",
]

STATIC_SOURCES = {
    "flash_bytes": "static (ELF segments)",
    "ram_bytes": "static (ELF sections)",
    "stack_bytes": "static (compiler's frame sizes and call graph)",
    "macs": "static (shapes)",
}


@dataclass(frozen=True)
class Excess:
    """A limit of the board, and by how many bytes (at least) it is exceeded."""

    name: str
    kind: Literal["flash", "ram", "stack"]
    limit_bytes: int
    over_bytes: int


class BuildDoesNotFit(DoesNotFit):
    """Carries the full account in `result`."""

    def __init__(self, result: BuildResult) -> None:
        super().__init__(result.verdict, "\n".join(result.suggestions))
        self.result = result


def build(
    target: Target, *, compile: bool = True, force: bool = False, progress: Progress = silent
) -> BuildResult:
    """Writes the project and compiles it; raises BuildDoesNotFit with the account if it is too big.

    For a model whose constants or arena alone exceed the board nothing is written: its flash and
    RAM figures are None.
    """
    progress("planning memory", 0, 3)
    if compile:
        target = settle(target, progress)
    check_plan_fits(target)
    progress("writing project", 1, 3)
    generate(target, force)
    account = _static_account(target)
    if not compile:
        return account
    progress("compiling", 2, 3)
    result = _compiled(target, account)
    progress("compiling", 3, 3)
    if not result.fits:
        raise BuildDoesNotFit(result)
    return result


def check_plan_fits(target: Target) -> None:
    """Raises BuildDoesNotFit if the constants or the arena alone exceed the board."""
    too_big = _static_excess(target)
    if too_big:
        raise BuildDoesNotFit(_refused(_static_account(target), too_big, target))


def compile_image(target: Target, environment: str) -> Path:
    """Compiles one environment of a written project and returns the ELF.

    Raises McugenError with the compiler's words, or BuildDoesNotFit when the linker says so.
    """
    outcome = run_pio(target.folder, environment)
    if outcome.returncode != 0:
        overflow = _overflow(outcome.output, target.board)
        if overflow:
            raise BuildDoesNotFit(_refused(_static_account(target), overflow, target))
        raise McugenError(
            f"`pio run -e {environment}` failed in {target.folder}",
            error_lines(outcome.output, target.framework),
        )
    return target.folder / ".pio" / "build" / environment / "firmware.elf"


def _static_account(target: Target) -> BuildResult:
    program, board = target.program, target.board
    arena, peak = program.arena, program.peak
    return BuildResult(
        model=str(target.model.path),
        board=board.id,
        runtime=target.runtime.name,
        project_dir=target.folder,
        elf=None,
        fits=None,
        verdict="generated, not compiled",
        flash_bytes=None,
        flash_limit_bytes=board.flash_bytes,
        ram_bytes=None,
        ram_limit_bytes=board.ram_bytes,
        arena_bytes=arena.size_bytes,
        arena_lower_bound_bytes=arena.lower_bound_bytes,
        arena_optimal=arena.is_optimal,
        constants_bytes=program.constants_bytes,
        stack_bytes=None,
        stack_reserved_bytes=board.stack_bytes,
        stack_path=(),
        macs=program.graph.macs,
        regions=(),
        peak=tuple(PeakTensor(t.name, t.shape, t.size_bytes) for t in peak.live),
        peak_operator=peak.where,
        arena_head_bytes=arena.head_bytes,
        arena_tail_bytes=arena.tail_bytes,
        arena_source=arena.source,
        arena_parts=arena.parts,
        notes=target.model.notes,
        sources=STATIC_SOURCES
        | {"arena_bytes": arena.source, "constants_bytes": program.constants_source},
    )


def _static_excess(target: Target) -> list[Excess]:
    """What no code can win back."""
    board, program = target.board, target.program
    return _over(
        Excess("flash", "flash", board.flash_bytes, program.constants_bytes - board.flash_bytes),
        Excess(
            "RAM",
            "ram",
            board.ram_bytes,
            program.arena.size_bytes + board.stack_bytes - board.ram_bytes,
        ),
    )


def _over(*limits: Excess) -> list[Excess]:
    return [limit for limit in limits if limit.over_bytes > 0]


def _refused(account: BuildResult, excess: list[Excess], target: Target) -> BuildResult:
    over = " and ".join(
        f"{e.name} ({e.limit_bytes:,} bytes) by at least {e.over_bytes:,} bytes" for e in excess
    )
    kinds = {e.kind for e in excess}
    suggestions = []
    if "flash" in kinds:
        suggestions.append(
            f"the weights and tables take {account.constants_bytes:,} bytes: use a smaller model "
            "(fewer channels in the widest layers)"
        )
    if "ram" in kinds:
        names = ", ".join(
            f"'{printable(t.name, 40)}' ({t.size_bytes:,} bytes)" for t in account.peak[:3]
        )
        suggestions.append(
            f"memory peaks at {account.peak_operator} with {names}: a smaller input, an earlier "
            "stride, or fewer channels there lowers it"
        )
    if "stack" in kinds:
        suggestions.append(
            f"reserve {account.stack_bytes:,} bytes or more: set mcugen.stack_bytes in a board "
            "file of your own, and give that to --board"
        )
    suggestions.append(f"mcugen inspect {target.model.path}  shows which boards it fits")
    return replace(
        account,
        fits=False,
        verdict=f"does not fit {target.board.id}: exceeds {over}",
        suggestions=tuple(suggestions),
    )


def _compiled(target: Target, account: BuildResult) -> BuildResult:
    board = target.board
    elf = compile_image(target, board.id)
    sizes = read_sizes(elf)
    bound = stack_bound(elf, elf.parent)
    excess = _over(
        Excess("flash", "flash", board.flash_bytes, sizes.flash_bytes - board.flash_bytes),
        Excess("RAM", "ram", board.ram_bytes, sizes.ram_bytes - board.ram_bytes),
        Excess(
            "reserved stack", "stack", board.stack_bytes, (bound.bytes or 0) - board.stack_bytes
        ),
    )
    result = replace(
        account,
        elf=elf,
        fits=not excess,
        verdict=f"fits {board.id}",
        flash_bytes=sizes.flash_bytes,
        ram_bytes=sizes.ram_bytes,
        stack_bytes=bound.bytes,
        stack_path=tuple(f"{name} ({size} bytes)" for name, size in bound.path),
        regions=_regions(board, sizes.sections),
        flash_parts=flash_parts(elf, sizes, target.prefix),
    )
    return _refused(result, excess, target) if excess else result


def _regions(board: Board, sections: tuple[SectionSize, ...]) -> tuple[RegionUse, ...]:
    def used(region: Region) -> int:
        end = region.origin + region.length_bytes
        return sum(s.size_bytes for s in sections if region.origin <= s.address < end)

    return tuple(RegionUse(r.name, r.kind, used(r), r.length_bytes) for r in board.regions)


def _overflow(output: str, board: Board) -> list[Excess]:
    """What the linker found too small."""
    regions = {region.name: region for region in board.regions}
    excess = []
    for name, over in re.findall(r"region `(\w+)' overflowed by (\d+) byte", output):
        if name in regions:
            kind, limit = regions[name].kind, regions[name].length_bytes
        elif re.search("flash|rom", name, re.IGNORECASE):  # a vendor's linker script
            kind, limit = "flash", board.flash_bytes
        else:
            kind, limit = "ram", board.ram_bytes
        excess.append(Excess(f"region {name}", kind, limit, int(over)))
    return excess
