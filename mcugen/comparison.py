"""`compare`: one model with every runtime, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcugen import execution, verification
from mcugen.boards import Board
from mcugen.building import BuildDoesNotFit, build
from mcugen.measuring import emulated_twin
from mcugen.model import Model
from mcugen.progress import Progress, silent
from mcugen.results import ComparedRuntime, CompareResult, VerifyResult
from mcugen.runtimes.registry import RUNTIMES
from mcugen.samples import Sample
from mcugen.target import Target, make_target


def compare(
    model: Model,
    board: str | Path,
    samples: list[Sample],
    seed: int | None,
    *,
    optimize: str | None = None,
    progress: Progress = silent,
) -> CompareResult:
    """Builds `model` for `board` with every runtime, and runs `samples` with each.

    A real board's firmware is built for an emulated board of the same core, too, and run there.
    Raises InputRejected or McugenError for a runtime that cannot take the model or lacks its packs,
    before anything is built.
    """
    targets = [make_target(model, board, runtime=name, optimize=optimize) for name in RUNTIMES]
    twin = runner(targets[0].board)
    runs: list[Target | None] = [None] * len(targets)
    if twin is not None:
        runs = [_on(target, twin, optimize) for target in targets]
    compared = tuple(
        _compared(target, run, samples, seed, _named(progress, target.runtime.name))
        for target, run in zip(targets, runs, strict=True)
    )
    return CompareResult(
        model=str(model.path),
        model_sha256=model.sha256,
        board=targets[0].board.id,
        ran_on=twin.id if twin else None,
        runtimes=compared,
        notes=model.notes,
        sources=_sources(compared, twin),
    )


def runner(board: Board) -> Board | None:
    """Where a board's firmware runs without that board: an emulator of its core, or None."""
    return emulated_twin(board) if board.kind == "board" else board


def _on(target: Target, board: Board, optimize: str | None) -> Target:
    if board.id == target.board.id:
        return target
    name = target.runtime.name
    return make_target(target.model, board.id, runtime=name, optimize=optimize)


def _compared(
    target: Target,
    run: Target | None,
    samples: list[Sample],
    seed: int | None,
    progress: Progress,
) -> ComparedRuntime:
    name = target.runtime.name
    try:
        account = build(target, progress=progress)
    except BuildDoesNotFit as refusal:
        account = refusal.result
    if run is None or (run is target and account.fits is False):
        return ComparedRuntime(name, account, None, None)
    try:
        instructions, verified = _run(run, samples, seed, progress)
    except BuildDoesNotFit:  # the emulated board is smaller than the real one
        return ComparedRuntime(name, account, None, None)
    return ComparedRuntime(name, account, verified, instructions)


def _run(
    target: Target, samples: list[Sample], seed: int | None, progress: Progress
) -> tuple[int | None, VerifyResult]:
    """Instructions of the first sample, and what all of them give."""
    session = execution.open_session(target, progress=progress)
    counted = execution.run(session, samples[:1], progress)
    verified = verification.verify(
        session,
        samples,
        seed,
        lambda: execution.open_session(target, trace=True, progress=progress),
        progress,
    )
    return counted.ticks[0], verified


def _named(progress: Progress, runtime: str) -> Progress:
    def named(stage: str, done: int, total: int, figures: str = "") -> None:
        progress(f"{runtime}: {stage}", done, total, figures)

    return named


def _sources(compared: Sequence[ComparedRuntime], twin: Board | None) -> dict[str, str]:
    sources = dict(compared[0].build.sources)
    sources.pop("arena_bytes", None)  # each runtime knows its own in another way
    if twin is not None:
        origin = f"{execution.ORIGIN[twin.kind]} ({twin.id})"
        sources |= {"instructions": origin, "mismatches": f"{origin} against reference"}
    return sources
