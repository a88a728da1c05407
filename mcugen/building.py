"""`build`: from a model to a project, an image, and the account of what it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from mcugen.boards import Board, load_board
from mcugen.errors import DoesNotFit, InputRejected, McugenError
from mcugen.model import Model
from mcugen.progress import Progress, silent
from mcugen.project.names import checked_prefix
from mcugen.project.tree import write_tree
from mcugen.project.writer import project_files
from mcugen.results import BuildResult, PeakTensor, RegionUse
from mcugen.toolchain.elf import read_sizes
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


class BuildDoesNotFit(DoesNotFit):
    """Carries the full account in `result`."""

    def __init__(self, result: BuildResult) -> None:
        super().__init__(result.verdict, "\n".join(result.suggestions))
        self.result = result


@dataclass(frozen=True)
class Target:
    """What to build for: the arguments of `build` after checking."""

    model: Model
    board: Board
    prefix: str
    framework: str | None
    folder: Path


def make_target(
    model: Model,
    board: str | Path,
    output: Path | None = None,
    runtime: str = "aot",
    framework: str | None = None,
    prefix: str | None = None,
) -> Target:
    """Checks the arguments; raises InputRejected for the first that is not acceptable."""
    if runtime not in RUNTIMES:
        raise InputRejected(
            f"there is no runtime {runtime!r}", f"available: {', '.join(RUNTIMES)}"
        )
    found = load_board(board)
    name = model.prefix if prefix is None else checked_prefix(prefix)
    chosen = framework or found.default_framework
    folder = output or Path("build") / f"{name}-{found.id}"
    return Target(model, found, name, chosen, folder)


def generate(target: Target, force: bool = False) -> None:
    """Writes the project."""
    project = project_files(
        target.model.program, target.board, target.prefix, target.model.sha256, target.framework
    )
    write_tree(target.folder, project.files, project.facts, force)
    if target.framework is None:
        register_for_plain_pio()


def build(
    target: Target, *, compile: bool = True, force: bool = False, progress: Progress = silent
) -> BuildResult:
    """Writes the project and compiles it; raises BuildDoesNotFit with the account if it is too big.

    A model whose constants or arena alone exceed the board is not compiled: its flash and RAM
    figures are None.
    """
    progress("planning memory", 0, 3)
    account = _static_account(target)
    progress("writing project", 1, 3)
    generate(target, force)
    too_big = _static_excess(target)
    if too_big:
        raise BuildDoesNotFit(_refused(account, too_big, target))
    if not compile:
        return account
    progress("compiling", 2, 3)
    result = _compiled(target, account)
    progress("compiling", 3, 3)
    if not result.fits:
        raise BuildDoesNotFit(result)
    return result


def compile_image(target: Target, environment: str) -> Path:
    """Compiles one environment of a written project and returns the ELF.

    Raises McugenError with the compiler's words, or BuildDoesNotFit when the linker says so.
    """
    outcome = run_pio(target.folder, environment)
    if outcome.returncode != 0:
        overflow = _overflow(outcome.output)
        if overflow:
            raise BuildDoesNotFit(_refused(_static_account(target), overflow, target))
        raise McugenError(
            f"`pio run -e {environment}` failed in {target.folder}",
            _error_lines(outcome.output, target.framework),
        )
    return target.folder / ".pio" / "build" / environment / "firmware.elf"


def _static_account(target: Target) -> BuildResult:
    program, board = target.model.program, target.board
    timeline = program.timeline
    names = {name for bar in timeline.peak for name in bar.tensors}
    live = timeline.steps[timeline.peak_step + 1].live
    tensors = {t.name: t for t in program.graph.tensors}
    peak = [
        PeakTensor(n, tensors[n].shape, tensors[n].size_bytes)
        for n in dict.fromkeys(live)
        if n in names and n in tensors
    ]
    layers = program.layers
    inside = 0 <= timeline.peak_step < len(layers)
    operator = layers[timeline.peak_step].operands.operator.name if inside else "graph inputs"
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
        peak=tuple(sorted(peak, key=lambda t: -t.size_bytes)),
        peak_operator=f"{operator} (layer {timeline.peak_step})" if inside else operator,
        notes=target.model.notes,
        sources=STATIC_SOURCES,
    )


def _static_excess(target: Target) -> dict[str, int]:
    """Bytes over the board's limits that no code can win back, by what is too small."""
    board, program = target.board, target.model.program
    excess = {
        "flash": program.constants_bytes - board.flash_bytes,
        "RAM": program.arena_bytes + board.stack_bytes - board.ram_bytes,
    }
    return {name: over for name, over in excess.items() if over > 0}


def _refused(account: BuildResult, excess: dict[str, int], target: Target) -> BuildResult:
    over = " and ".join(f"{name} by at least {size:,} bytes" for name, size in excess.items())
    suggestions = []
    if any("flash" in name.lower() or "rom" in name.lower() for name in excess):
        suggestions.append(
            f"the weights and tables take {account.constants_bytes:,} bytes: use a smaller model "
            "(fewer channels in the widest layers)"
        )
    else:
        names = ", ".join(f"'{t.name}' ({t.size_bytes:,} bytes)" for t in account.peak[:3])
        suggestions.append(
            f"memory peaks at {account.peak_operator} with {names}: a smaller input, an earlier "
            "stride, or fewer channels there lowers it"
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
    stack_ok = bound.bytes is None or bound.bytes <= board.stack_bytes
    fits = stack_ok and sizes.flash_bytes <= board.flash_bytes
    fits = fits and sizes.ram_bytes <= board.ram_bytes
    result = replace(
        account,
        elf=elf,
        fits=fits,
        verdict=f"fits {board.id}",
        flash_bytes=sizes.flash_bytes,
        ram_bytes=sizes.ram_bytes,
        stack_bytes=bound.bytes,
        stack_path=tuple(f"{name} ({size} bytes)" for name, size in bound.path),
        regions=_regions(board, sizes.sections),
    )
    if fits:
        return result
    if not stack_ok and bound.bytes is not None:
        excess = {"reserved stack": bound.bytes - board.stack_bytes}
    else:
        pairs = {
            "flash": sizes.flash_bytes - board.flash_bytes,
            "RAM": sizes.ram_bytes - board.ram_bytes,
        }
        excess = {name: over for name, over in pairs.items() if over > 0}
    return _refused(result, excess, target)


def _regions(board: Board, sections: tuple[object, ...]) -> tuple[RegionUse, ...]:
    used = dict.fromkeys((r.name for r in board.regions), 0)
    for section in sections:
        for region in board.regions:
            start, size = section.address, section.size_bytes  # type: ignore[attr-defined]
            if region.origin <= start < region.origin + region.length_bytes:
                used[region.name] += size
    return tuple(
        RegionUse(r.name, r.kind, used[r.name], r.length_bytes) for r in board.regions
    )


def _overflow(output: str) -> dict[str, int]:
    found = re.findall(r"region `(\w+)' overflowed by (\d+) bytes", output)
    return {name: int(size) for name, size in found}


def _error_lines(output: str, framework: str | None) -> str:
    if framework and ("HTTPClientError" in output or "InternetConnectionError" in output):
        return (
            f"the project is written, but PlatformIO could not fetch the {framework} packages of "
            "its platform\nrun it again, or `pio run` in the project, with a network connection"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line]
    return "\n".join((errors or lines)[-6:])
