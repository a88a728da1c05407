"""What to build, for which board and with which runtime: the arguments of `build`, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mcugen.boards import Board, load_board
from mcugen.errors import InputRejected
from mcugen.model import Model
from mcugen.project.names import checked_prefix
from mcugen.project.tree import read_manifest, write_tree
from mcugen.project.writer import OPTIMIZE, project_files
from mcugen.runtimes.registry import RUNTIMES, make_runtime
from mcugen.runtimes.runtime import Program, Runtime
from mcugen.toolchain.pio_core import register_for_plain_pio


@dataclass(frozen=True)
class Target:
    """A model on its way to a board.

    `program` is the model as `runtime` runs it there. `optimize` is one of `OPTIMIZE`, or None for
    what a vendor's framework does by itself.
    """

    model: Model
    board: Board
    prefix: str
    framework: str | None
    folder: Path
    optimize: str | None
    runtime: Runtime
    program: Program


def make_target(
    model: Model,
    board: str | Path | Board,
    output: str | Path | None = None,
    runtime: str = RUNTIMES[0],
    framework: str | None = None,
    prefix: str | None = None,
    optimize: str | None = None,
    int4_kernels: str | None = None,
    arena_bytes: int | None = None,
) -> Target:
    """Checks the arguments; raises InputRejected for the first that is not acceptable."""
    chosen = make_runtime(runtime, int4_kernels, arena_bytes)
    if optimize not in (None, *OPTIMIZE):
        raise InputRejected(
            f"there is no optimization level {optimize!r}", f"available: {', '.join(OPTIMIZE)}"
        )
    found = board if isinstance(board, Board) else load_board(board)
    name = model.prefix if prefix is None else checked_prefix(prefix)
    platform = framework or found.default_framework
    folder = Path(output) if output else default_folder(name, found, runtime)
    level = optimize if platform else optimize or OPTIMIZE[0]
    program = chosen.program(model, found, level)
    return Target(model, found, name, platform, folder, level, chosen, program)


def default_folder(prefix: str, board: Board, runtime: str = RUNTIMES[0]) -> Path:
    """Where a project goes, and is looked for, if nobody says where."""
    ending = "" if runtime == RUNTIMES[0] else f"-{runtime}"
    return Path("build") / f"{prefix}-{board.id}{ending}"


def as_built(target: Target) -> Target:
    """The target as its project was last written: with its options, and with what was measured."""
    try:
        facts = read_manifest(target.folder)
    except InputRejected:
        return target
    found = facts.get("optimize")
    level = str(found) if found in OPTIMIZE else target.optimize
    runtime = target.runtime
    if facts.get("runtime") == runtime.name:
        runtime = runtime.recalled(facts)
    program = runtime.program(target.model, target.board, level)
    return recalled(replace(target, optimize=level, runtime=runtime, program=program), facts)


def recalled(target: Target, facts: dict[str, object]) -> Target:
    """The target with what an earlier build of the same model, board and runtime found out."""
    made_for = (facts.get("model_sha256"), facts.get("runtime"), facts.get("board"))
    if made_for != (target.model.sha256, target.runtime.name, target.board.id):
        return target
    return replace(target, program=target.program.recalled(facts))


def generate(target: Target, force: bool = False) -> None:
    """Writes the project."""
    project = project_files(
        target.program,
        target.board,
        target.prefix,
        target.model.sha256,
        target.framework,
        target.optimize,
        target.runtime.name,
    )
    write_tree(target.folder, project.files, project.facts, force)
    if target.framework is None:
        register_for_plain_pio()
