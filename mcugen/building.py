"""`build`: from a model to a project, an image, and the account of what it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mcugen.boards import Board, load_board
from mcugen.boards.board import Region
from mcugen.errors import DoesNotFit, InputRejected, McugenError
from mcugen.model import Model
from mcugen.progress import Progress, silent
from mcugen.project.names import checked_prefix
from mcugen.project.tree import read_manifest, write_tree
from mcugen.project.writer import OPTIMIZE, project_files
from mcugen.results import BuildResult, PeakTensor, RegionUse
from mcugen.runtimes.aot.lowered import Program
from mcugen.text import printable
from mcugen.toolchain.elf import SectionSize, read_sizes
from mcugen.toolchain.pio import run_pio
from mcugen.toolchain.pio_core import register_for_plain_pio
from mcugen.toolchain.stack import stack_bound

RUNTIMES = ("aot",)
STATIC_SOURCES = {
    "flash_bytes": "static (ELF segments)",
    "ram_bytes": "static (ELF sections)",
    "arena_bytes": "static (memory plan)",
    "stack_bytes": "static (compiler's frame sizes and call graph)",
    "macs": "static (shapes)",
    "constants_bytes": "static (packed arrays)",
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


@dataclass(frozen=True)
class Target:
    """What to build for: the arguments of `build` after checking.

    `optimize` is one of `OPTIMIZE`, or None for what a vendor's framework does by itself.
    """

    model: Model
    board: Board
    prefix: str
    framework: str | None
    folder: Path
    optimize: str | None

    @property
    def program(self) -> Program:
        """The model as this board runs it."""
        return self.model.program(self.board.isa)


def make_target(
    model: Model,
    board: str | Path,
    output: str | Path | None = None,
    runtime: str = "aot",
    framework: str | None = None,
    prefix: str | None = None,
    optimize: str | None = None,
) -> Target:
    """Checks the arguments; raises InputRejected for the first that is not acceptable."""
    if runtime not in RUNTIMES:
        raise InputRejected(f"there is no runtime {runtime!r}", f"available: {', '.join(RUNTIMES)}")
    if optimize not in (None, *OPTIMIZE):
        raise InputRejected(
            f"there is no optimization level {optimize!r}", f"available: {', '.join(OPTIMIZE)}"
        )
    found = load_board(board)
    name = model.prefix if prefix is None else checked_prefix(prefix)
    chosen = framework or found.default_framework
    folder = Path(output) if output else default_folder(name, found)
    level = optimize if chosen else optimize or OPTIMIZE[0]
    return Target(model, found, name, chosen, folder, level)


def default_folder(prefix: str, board: Board) -> Path:
    """Where a project goes, and is looked for, if nobody says where."""
    return Path("build") / f"{prefix}-{board.id}"


def as_built(target: Target) -> Target:
    """The target with the optimization level that its project was last written for, if any."""
    try:
        level = read_manifest(target.folder).get("optimize")
    except InputRejected:
        return target
    return replace(target, optimize=str(level)) if level in OPTIMIZE else target


def generate(target: Target, force: bool = False) -> None:
    """Writes the project."""
    project = project_files(
        target.program,
        target.board,
        target.prefix,
        target.model.sha256,
        target.framework,
        target.optimize,
    )
    write_tree(target.folder, project.files, project.facts, force)
    if target.framework is None:
        register_for_plain_pio()


def build(
    target: Target, *, compile: bool = True, force: bool = False, progress: Progress = silent
) -> BuildResult:
    """Writes the project and compiles it; raises BuildDoesNotFit with the account if it is too big.

    For a model whose constants or arena alone exceed the board nothing is written: its flash and
    RAM figures are None.
    """
    progress("planning memory", 0, 3)
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
            _error_lines(outcome.output, target.framework),
        )
    return target.folder / ".pio" / "build" / environment / "firmware.elf"


def _static_account(target: Target) -> BuildResult:
    program, board = target.program, target.board
    return BuildResult(
        model=str(target.model.path),
        board=board.id,
        runtime="aot",
        project_dir=target.folder,
        elf=None,
        fits=None,
        verdict="generated, not compiled",
        flash_bytes=None,
        flash_limit_bytes=board.flash_bytes,
        ram_bytes=None,
        ram_limit_bytes=board.ram_bytes,
        arena_bytes=program.arena_bytes,
        arena_lower_bound_bytes=program.lower_bound_bytes,
        arena_optimal=program.optimal,
        constants_bytes=program.constants_bytes,
        stack_bytes=None,
        stack_reserved_bytes=board.stack_bytes,
        stack_path=(),
        macs=program.graph.macs,
        regions=(),
        peak=_peak(program),
        peak_operator=_peak_operator(program),
        notes=target.model.notes,
        sources=STATIC_SOURCES,
    )


def _peak(program: Program) -> tuple[PeakTensor, ...]:
    """One live tensor, state or scratch of each buffer at the peak, the largest first."""
    timeline, graph = program.timeline, program.graph
    live = set(timeline.steps[timeline.peak_step + 1].live)
    shapes = {v.name: (v.shape, v.size_bytes) for v in graph.variables}
    shapes |= {t.name: (t.shape, t.size_bytes) for t in graph.tensors if not t.is_constant}
    found = []
    for bar in timeline.peak:
        name = next((n for n in bar.tensors if n in live), bar.name)
        shape, size_bytes = shapes.get(name, ((bar.size_bytes,), bar.size_bytes))
        found.append(PeakTensor(name, shape, size_bytes))
    return tuple(found)


def _peak_operator(program: Program) -> str:
    step, layers = program.timeline.peak_step, program.layers
    if step < 0:
        return "graph inputs"
    if step >= len(layers):
        return "graph outputs"
    return f"{layers[step].operands.operator.name} (layer {step})"


def _static_excess(target: Target) -> list[Excess]:
    """What no code can win back."""
    board, program = target.board, target.program
    return _over(
        Excess("flash", "flash", board.flash_bytes, program.constants_bytes - board.flash_bytes),
        Excess(
            "RAM",
            "ram",
            board.ram_bytes,
            program.arena_bytes + board.stack_bytes - board.ram_bytes,
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


def _error_lines(output: str, framework: str | None) -> str:
    if framework and ("HTTPClientError" in output or "InternetConnectionError" in output):
        return (
            f"the project is written, but PlatformIO could not fetch the {framework} packages of "
            "its platform\nrun it again, or `pio run` in the project, with a network connection"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search("rror|: not found", line)]
    return "\n".join((errors or lines)[-6:])
