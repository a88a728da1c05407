"""`sweep`: searches under several budgets and seeds, to a Pareto front.

Each search is a process of its own; TensorFlow is imported there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from mcugen.boards import load_board
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.report.sweep_page import plot_paths, write_report
from mcugen.search.budgets import (
    Budgets,
    board_budgets,
    check_possible,
    parse_bytes,
    parse_latency,
    parse_ops,
)
from mcugen.search.costs import CostModel
from mcugen.search.latency import read_latency
from mcugen.search.spaces import SPACES, load_space
from mcugen.search.sweep import (
    COSTS,
    CSV,
    Job,
    Run,
    SweepResult,
    budget_figures,
    front,
    make_jobs,
    read_runs,
    run_job,
    write_runs,
)
from mcugen.search.workers import OnRay, Processes, Work, Workers
from mcugen.searching import BITS
from mcugen.tasks import load_task
from mcugen.text import printable
from mcugen.toolchain.pio import check_compiler
from mcugen.train.folder import check_folder, make_folder
from mcugen.train.origin import SYNTHETIC

Texts = str | Sequence[str | float]
"""Budgets: a list, or a text with commas."""


def sweep(
    space: str | Path,
    board: str | Path,
    *,
    output: str | Path,
    ops: Texts = (),
    sram: Texts = (),
    flash: Texts = (),
    latency: Texts = (),
    seeds: int = 3,
    processes: int = 1,
    ray: str | None = None,
    task: str | None = None,
    data: str | Path = SYNTHETIC,
    latency_model: str | Path | None = None,
    bits: str | None = None,
    epochs: int | None = None,
    warmup_epochs: int | None = None,
    rank_epochs: int = 4,
    learning_rate: float | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> SweepResult:
    """Searches under every combination of the budgets, with seeds 0 to `seeds` - 1.

    Budgets are texts as `search` takes them, in lists or with commas between; the other options are
    those of `search`, for all runs. Runs follow each other in `processes` at a time, or go to the
    Ray cluster at the address `ray` ("local" starts one). Each that has ended is written to the
    folder `output`; `resume` does those that are missing or failed, and there may be more budgets
    and seeds than before. One that fails is named in the result, and ends nothing.

    Raises InputRejected for an unacceptable argument, also for budgets that no network can keep;
    McugenError if all runs fail, Ray or a compiler is missing, or nothing can be written.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    common: dict[str, Any] = {
        "space": str(space),
        "board": str(board),
        "task": task,
        "data": str(data),
        "latency_model": None if latency_model is None else str(latency_model),
        "bits": bits,
        "epochs": epochs,
        "warmup_epochs": warmup_epochs,
        "rank_epochs": rank_epochs,
        "learning_rate": learning_rate,
    }
    grid = {"ops": _texts(ops), "sram": _texts(sram), "flash": _texts(flash)}
    grid["latency"] = _texts(latency)
    check_grid(common, grid)
    workers = _workers(processes, ray)
    if seeds < 1:
        raise InputRejected("a sweep needs a seed at least", "--seeds 1")
    folder = Path(output)
    check_folder(folder, {"verb": "sweep", **common}, resume=resume, force=force)
    make_folder(folder, {"verb": "sweep", **common}, resume=resume)
    jobs = make_jobs(folder, grid, range(seeds), common)
    runs = run_all(jobs, folder, workers, run_job, progress)
    result = _result(load_space(str(space)).name, load_board(board).id, runs, folder)
    write_report(result, common)
    return result


def run_all(
    jobs: Sequence[Job], folder: Path, workers: Workers, work: Work, progress: Progress
) -> tuple[Run, ...]:
    """Does the jobs that `folder` has no result of, and writes each result as it comes.

    Gives the runs in the order of the jobs. Raises McugenError if all have failed.
    """
    names = [job.name for job in jobs]
    known = {run.name: run for run in read_runs(folder) if not run.error and run.name in names}
    progress("searching", len(known), len(jobs))
    for run in workers.run([job for job in jobs if job.name not in known], work):
        known[run.name] = replace(run, error=printable(run.error, 300))
        write_runs(folder, _ordered(names, known))
        progress("searching", len(known), len(jobs), _figures(known[run.name]))
    runs = _ordered(names, known)
    if all(run.error for run in runs):
        raise McugenError(
            f"all {len(runs)} searches have failed; the last: {runs[-1].error}",
            f"{folder / 'runs'} has their logs",
        )
    write_runs(folder, runs)
    return runs


def check_grid(common: dict[str, Any], grid: dict[str, list[str]]) -> None:
    """Raises InputRejected for what would end a search of the grid at its beginning."""
    space, board = load_space(common["space"]), load_board(common["board"])
    if common["task"] is None and space.name not in SPACES:
        raise InputRejected(
            f"the space {space.name!r} does not say what to train on", "name the task: --task"
        )
    load_task(common["task"] or space.name)
    path = common["latency_model"]
    latency_model = None if path is None else read_latency(path)
    if common["bits"] is not None:
        if common["bits"] not in BITS:
            raise InputRejected(f"bits cannot be {common['bits']!r}", f"choose: {', '.join(BITS)}")
        space = space.with_bits(*BITS[common["bits"]])
    if board.has_own_port:
        check_compiler(board)
    model = CostModel(space, board.isa, latency_model)
    own = board_budgets(board)
    limits: list[list[dict[str, float]]] = [
        [{"ops": parse_ops(text)} for text in grid["ops"]],
        [{"sram_bytes": parse_bytes(text)} for text in grid["sram"]],
        [{"flash_bytes": parse_bytes(text)} for text in grid["flash"]],
        [{"latency": parse_latency(text, latency_model)} for text in grid["latency"]],
    ]
    for combination in product(*(values or [{}] for values in limits)):
        budgets: Budgets = own
        for limit in combination:
            budgets = replace(budgets, **limit)
        check_possible(model, budgets)


def _workers(processes: int, ray: str | None) -> Workers:
    if ray is not None:
        if processes != 1:
            raise InputRejected("choose either --processes or --ray")
        return OnRay(ray)
    if processes < 1:
        raise InputRejected(f"{processes} processes search nothing", "--processes 1")
    return Processes(processes)


def _result(space: str, board: str, runs: tuple[Run, ...], folder: Path) -> SweepResult:
    ended = [run for run in runs if not run.error]
    notes = []
    unscored = sum(run.accuracy is None for run in ended)
    if unscored:
        notes.append(
            f"{unscored} runs have no accuracy: their candidates were not compared by training "
            "(--rank-epochs), so they are on no front"
        )
    over = [run.name for run in ended if not run.within_budgets]
    if over:
        notes.append(f"not within their budgets, and on no front: {', '.join(over)}")
    return SweepResult(
        space=space,
        board=board,
        metric=ended[0].metric,
        synthetic=any(run.synthetic for run in ended),
        runs=runs,
        failed=tuple(f"{run.name}: {run.error}" for run in runs if run.error),
        budgets=budget_figures(runs),
        fronts={cost: tuple(run.name for run in front(runs, cost)) for cost in COSTS},
        notes=tuple(notes),
        folder=folder,
        csv=folder / CSV,
        plots=plot_paths(folder),
        sources={
            "accuracy": "the float network, validation examples, after the short training that "
            "ranks candidates",
            "ops": "static (the written file)",
            "arena_bytes": "static (memory plan)",
            "flash_bytes": "static (ELF segments), or an estimate: the run's report says which",
        },
    )


def _ordered(names: Sequence[str], known: dict[str, Run]) -> tuple[Run, ...]:
    return tuple(known[name] for name in names if name in known)


def _figures(run: Run) -> str:
    if run.error:
        return f"{run.name} failed: {run.error}"
    score = "" if run.accuracy is None else f", {run.metric} {100 * run.accuracy:.2f} %"
    return f"{run.name}: {run.ops:,} ops{score}"


def _texts(values: Texts) -> list[str]:
    """Budgets as texts; numbers of Python users too."""
    if isinstance(values, str):
        return [word.strip() for word in values.split(",") if word.strip()]
    return [str(value) for value in values]
