"""`sweep`: searches under several budgets and seeds, to a Pareto front.

Each search is a process of its own; TensorFlow is imported there.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcugen.boards import Board, load_board
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.report.sweep_page import plot_paths, write_report
from mcugen.search.budgets import Budgets, check_possible
from mcugen.search.costs import CostModel
from mcugen.search.latency import LatencyModel, read_latency
from mcugen.search.on_ray import OnRay
from mcugen.search.options import hashes_of, input_files, make_plan, space_to_json
from mcugen.search.processes import Processes
from mcugen.search.space import Space
from mcugen.search.spaces import load_space
from mcugen.search.sweep import (
    COSTS,
    CSV,
    Job,
    Run,
    SweepResult,
    budget_figures,
    combinations,
    front,
    make_jobs,
    read_runs,
    run_job,
    write_runs,
)
from mcugen.search.workers import Work, Workers
from mcugen.searching import budgets_of, searchable, task_of
from mcugen.tasks import Task
from mcugen.text import printable
from mcugen.toolchain.pio import check_compiler
from mcugen.train.folder import check_folder, check_not_read, make_folder
from mcugen.train.origin import SYNTHETIC

Texts = str | float | Sequence[str | float]
"""Budgets: one, a list, or a text with commas."""


def sweep(
    space: str | Path,
    board: str | Path,
    *,
    output: str | Path,
    ops: Texts | None = None,
    sram: Texts | None = None,
    flash: Texts | None = None,
    latency: Texts | None = None,
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
    those of `search`, for all runs. Runs follow each other, `processes` at a time, or go to the Ray
    cluster at the address `ray` ("local" starts one). Each that has ended is written to the folder
    `output`; `resume` does those that are missing or failed, and adds the budgets and seeds that
    are new. One that fails is named in the result, and ends nothing.

    Raises InputRejected for an unacceptable argument, also for budgets that no network can keep;
    McugenError if all runs fail, TensorFlow, Ray or a compiler is missing, or nothing can be
    written.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    asked = {"space": space, "board": board, "task": task, "latency_model": latency_model}
    common: dict[str, Any] = {n: None if v is None else str(v) for n, v in asked.items()}
    common |= {
        "data": str(data),
        "bits": bits,
        "epochs": epochs,
        "warmup_epochs": warmup_epochs,
        "rank_epochs": rank_epochs,
        "learning_rate": learning_rate,
    }
    lists = {"ops": ops, "sram": sram, "flash": flash, "latency": latency}
    grid = {name: _texts(name, values) for name, values in lists.items()}
    if seeds < 1:
        raise InputRejected(f"{seeds} seeds search nothing", "--seeds 1")
    setting = check_grid(common, grid)
    workers = _workers(processes, ray)
    if ray is None:
        _check_tools(setting.board)
    folder = Path(output)
    options = setting.to_json(common)
    check_folder(folder, options, resume=resume, force=force)
    check_not_read(folder, input_files(common) | {"data": Path(common["data"])})
    make_folder(folder, options, resume=resume)
    jobs = make_jobs(folder, grid, range(seeds), common)
    runs = run_all(jobs, folder, workers, run_job, progress)
    result = _result(setting, common["data"], runs, folder)
    write_report(result, options)
    return result


@dataclass(frozen=True)
class Setting:
    """What all searches of a sweep have in common, as it was loaded."""

    space: Space
    task: Task
    board: Board
    latency: LatencyModel | None

    def to_json(self, common: Mapping[str, Any]) -> dict[str, Any]:
        """As config.json holds it: all that runs depend on but for budgets and seeds."""
        return {
            "verb": "sweep",
            **common,
            "space": space_to_json(self.space),
            "task": self.task.name,
            "board": self.board.id,
            "inputs": hashes_of(input_files(common)),
        }


def check_grid(common: Mapping[str, Any], grid: Mapping[str, Sequence[str]]) -> Setting:
    """Raises InputRejected for what would end a search of the grid at its beginning, and for
    budgets that are listed twice."""
    space, board = load_space(common["space"]), load_board(common["board"])
    task = task_of(common["task"], space)
    latency = None if common["latency_model"] is None else read_latency(common["latency_model"])
    space = searchable(space, common["bits"], latency)
    given = {name: common[name] for name in ("epochs", "warmup_epochs", "learning_rate")}
    make_plan(task.recipe, seed=0, **given)
    if common["data"] != SYNTHETIC and not Path(common["data"]).is_dir():
        raise InputRejected(
            f"there is no folder {common['data']} with data", f"or take --data {SYNTHETIC}"
        )
    model = CostModel(space, board.isa, latency)
    seen: dict[Budgets, str] = {}
    for chosen in combinations(grid):
        words = ", ".join(f"--{name} {text}" for name, text in chosen.items())
        budgets = budgets_of(board, latency, **chosen)
        if budgets in seen:
            raise InputRejected(f"the same budgets twice: {seen[budgets]} and {words}")
        seen[budgets] = words
        check_possible(model, budgets)
    return Setting(space, task, board, latency)


def run_all(
    jobs: Sequence[Job], folder: Path, workers: Workers, work: Work, progress: Progress
) -> tuple[Run, ...]:
    """Does the jobs that `folder` has no result of, and writes each result as it comes.

    Gives all runs of the folder: those of earlier budgets and seeds, then those of the jobs, in
    their order. Raises McugenError if all have failed.
    """
    known = {run.name: run for run in read_runs(folder)}
    names = [job.name for job in jobs]
    order = [name for name in known if name not in names] + names
    missing = [job for job in jobs if job.name not in known or known[job.name].error]
    done, total = len(jobs) - len(missing), len(jobs)
    places: dict[str, str] = {}

    def heard(name: str, place: str) -> None:
        places[name] = place
        progress("searching", done, total, "; ".join(f"{n}: {p}" for n, p in places.items()))

    progress("searching", done, total)
    with contextlib.closing(workers.run(missing, work, heard)) as ended:
        for run in ended:
            known[run.name] = replace(run, error=printable(run.error, 300))
            write_runs(folder, [known[name] for name in order if name in known])
            done += 1
            places.pop(run.name, None)
            progress(run.name, 1, 1, _figures(known[run.name]))
            progress("searching", done, total)
    runs = tuple(known[name] for name in order)
    if all(run.error for run in runs):
        raise McugenError(
            f"all {len(runs)} searches have failed; the last: {runs[-1].error}",
            f"{folder / 'runs'} has their logs",
        )
    write_runs(folder, runs)
    return runs


def _workers(processes: int, ray: str | None) -> Workers:
    if ray is not None:
        if processes != 1:
            raise InputRejected("choose either --processes or --ray")
        return OnRay(ray)
    if processes < 1:
        raise InputRejected(f"{processes} processes search nothing", "--processes 1")
    return Processes(processes)


def _check_tools(board: Board) -> None:
    """Raises McugenError for what each search on this machine would miss."""
    if importlib.util.find_spec("tensorflow") is None:
        raise McugenError(
            "searching needs TensorFlow, which is not installed", "pip install 'mcugen[train]'"
        )
    if board.has_own_port:
        check_compiler(board)


def _result(setting: Setting, data: str, runs: tuple[Run, ...], folder: Path) -> SweepResult:
    ended = [run for run in runs if not run.error]
    return SweepResult(
        space=setting.space.name,
        task=setting.task.name,
        board=setting.board.id,
        data=data,
        synthetic=any(run.synthetic for run in ended),
        metric=ended[0].metric,
        latency_unit=None if setting.latency is None else setting.latency.unit,
        failed=tuple(f"{run.name}: {run.error}" for run in runs if run.error),
        notes=_notes(ended),
        budgets=budget_figures(runs),
        folder=folder,
        sources={
            "accuracy": "the float network, validation examples, after the short training that "
            "ranks candidates",
            "ops": "static (the written file)",
            "arena_bytes": "static (memory plan)",
            "flash_bytes": "static (ELF segments), or an estimate: the run's report says which",
        },
        runs=runs,
        fronts={cost: tuple(run.name for run in front(runs, cost)) for cost in COSTS},
        csv=folder / CSV,
        plots=plot_paths(folder, runs),
    )


def _notes(ended: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    unscored = sum(run.accuracy is None for run in ended)
    if unscored:
        notes.append(
            f"{unscored} runs have no accuracy, and are on no front: their candidates were not "
            "compared by training (--rank-epochs)"
        )
    over = [run.name for run in ended if not run.within_budgets]
    if over:
        notes.append(f"not within their budgets, and on no front: {', '.join(over)}")
    return tuple(notes)


def _figures(run: Run) -> str:
    if run.error:
        return f"failed: {run.error}"
    score = "" if run.accuracy is None else f", {run.metric} {100 * run.accuracy:.2f} %"
    return f"{run.ops:,} ops{score}"


def _texts(name: str, values: Texts | None) -> list[str]:
    """Budgets as texts; numbers of Python users too."""
    if values is None:
        return []
    if isinstance(values, str | int | float):
        values = str(values).split(",")
    found = [str(value).strip() for value in values]
    if not all(found):
        raise InputRejected(f"--{name} lists a budget that is empty", f"--{name} A,B,C")
    return found
