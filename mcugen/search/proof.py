"""Proof that a network keeps its budgets: built by the deployment street, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcugen.architecture import Architecture, write_architecture
from mcugen.boards import Board
from mcugen.building import BuildDoesNotFit, Target, build, make_target
from mcugen.errors import InputRejected, McugenError
from mcugen.exporting import export
from mcugen.model import load
from mcugen.progress import Progress, silent
from mcugen.results import BuildResult
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.search.budgets import NAMES, Budgets
from mcugen.search.costs import CostModel, CostName, Costs
from mcugen.search.decode import Change, changes_between, repaired
from mcugen.search.space import Selection
from mcugen.search.walk import Floats

ATTEMPTS = 6

ALL_CHANNELS = ", with every channel of the file"


@dataclass(frozen=True)
class Proof:
    """A network of the space, exported with random weights, and what the street says of it.

    `ops` are two for each multiply-accumulate of the file. Channels that random weights happen to
    leave constant are not built; arena and flash count them nonetheless, for trained ones will
    hardly be. `arch` and `model` are the files;
    `sources` say where figures are from. `changes` were made to the choices after attempts that
    missed a budget, of which `notes` tell; `attempts` counts the last one, too.
    """

    selection: Selection
    architecture: Architecture
    ops: int
    params: int
    arena_bytes: int
    flash_bytes: int
    within_budgets: bool
    arch: Path
    model: Path
    attempts: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    sources: dict[str, str]

    def of(self, name: CostName) -> float | None:
        """What a budget of this name bounds; None for what is not measured."""
        if name == "latency":
            return None
        return self.arena_bytes if name == "sram_bytes" else float(getattr(self, name))


def why_not_compiled(board: Board) -> str | None:
    """Why proofs for a board stop short of a compiler; None if they do not."""
    if board.has_own_port:
        return None
    return (
        f"{board.id} is built by its vendor's framework, which takes flash that is not counted "
        "here; the code's part of the rest is an estimate until mcugen build has compiled the "
        "trained model"
    )


def prove(
    model: CostModel,
    selection: Selection,
    board: Board,
    budgets: Budgets,
    folder: str | Path,
    *,
    probabilities: Sequence[Floats] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Proof:
    """Exports a network with random weights to `folder`, builds it and holds it to the budgets.

    If it misses one, that budget is tightened in the cost model by the error of the model's figure,
    choices are made smaller, and it is tried again, at most ATTEMPTS times. `folder` gets
    arch.json, model.tflite and firmware/. `probabilities` say what is worth most; by default what
    is chosen is. Raises McugenError if no attempt keeps the budgets, BuildDoesNotFit where that is
    the board's doing.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tightened, start, notes = budgets, selection, list[str]()
    for attempt in range(1, ATTEMPTS + 1):
        progress("proving", 0, 0)
        try:
            selection = repaired(model, selection, tightened, probabilities)
        except InputRejected:
            if attempt == 1:
                raise
            break  # nothing is as small as it would have to be by now
        costs = model.of_selection(selection)
        proof = _built(model.space.architecture(selection), selection, costs, board, folder, seed)
        over = _over(proof, budgets)
        if not over:
            changes = changes_between(model.space, start, selection)
            reason = why_not_compiled(board)
            return replace(
                proof,
                within_budgets=True,
                attempts=attempt,
                changes=changes,
                notes=(*notes, reason) if reason else tuple(notes),
            )
        for name, excess in over.items():
            # The model was wrong by so much, or it would not have let this network through.
            error = max((proof.of(name) or 0.0) - costs.of(name), excess)
            tightened = replace(tightened, **{name: budgets.limits[name] - error})
            notes.append(
                f"a network that was built took {excess:,.0f} {NAMES[name]} more than the budget: "
                "choices were made smaller"
            )
    raise McugenError(
        f"no network that was built kept the budgets: {'; '.join(notes[-2:])}",
        "raise that budget a little, or take fewer kinds of bits",
    )


def _built(
    architecture: Architecture,
    selection: Selection,
    costs: Costs,
    board: Board,
    folder: Path,
    seed: int,
) -> Proof:
    arch, path = folder / "arch.json", folder / "model.tflite"
    write_architecture(architecture, arch)
    exported = export(arch, path, seed=seed, force=True)
    target = make_target(load(path), board, folder / "firmware")
    complete = lower_graph(target.model.graph, board.isa)
    account = _account(target, compile=why_not_compiled(board) is None)
    compiled = account.flash_bytes is not None
    estimate = "estimate (packed arrays; code as measured on other networks, without a framework)"
    return Proof(
        selection=selection,
        architecture=architecture,
        ops=2 * exported.macs,
        params=exported.params,
        arena_bytes=complete.arena_bytes,
        flash_bytes=(
            account.flash_bytes + complete.constants_bytes - target.program.constants_bytes
            if account.flash_bytes is not None
            else round(costs.flash_bytes)
        ),
        within_budgets=False,
        arch=arch,
        model=path,
        attempts=1,
        changes=(),
        notes=(),
        sources={
            "ops": "static (the written file)",
            "params": "static (the written file)",
            "arena_bytes": f"{account.sources['arena_bytes']}{ALL_CHANNELS}",
            "flash_bytes": (
                f"{account.sources['flash_bytes']}{ALL_CHANNELS}" if compiled else estimate
            ),
        },
    )


def _account(target: Target, *, compile: bool) -> BuildResult:
    """What a build takes, also one that is too big for the board if it could be linked."""
    try:
        return build(target, compile=compile, force=True)
    except BuildDoesNotFit as error:
        if error.result.flash_bytes is None:
            raise
        return error.result


def _over(proof: Proof, budgets: Budgets) -> dict[CostName, float]:
    """By how much each budget is exceeded that is."""
    excess = {name: (proof.of(name) or 0.0) - limit for name, limit in budgets.limits.items()}
    return {name: value for name, value in excess.items() if value > 0}
