"""A grid of searches, what each found, and the best of them. Needs no TensorFlow."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from mcugen.errors import InputRejected
from mcugen.output_file import write_output
from mcugen.progress import Progress
from mcugen.search.results import SearchResult

CSV, RUNS = "pareto.csv", "runs"
BOARDS_OWN = "the board's"
"""Budgets of a run that was given none."""

Cost = Literal["ops", "arena_bytes", "flash_bytes"]
"""What accuracy is weighed against; a figure of `Run`."""

COSTS: tuple[Cost, ...] = get_args(Cost)


@dataclass(frozen=True)
class Job:
    """One search: `options` are its verb's, but for the folder."""

    name: str
    folder: Path
    budgets: str
    seed: int
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One search that has ended; figures are those of `SearchResult`.

    `budgets` are as asked for. `error` says why a search has failed; its figures are None. It is
    empty for one that has not.
    """

    name: str
    budgets: str
    seed: int
    error: str
    metric: str
    synthetic: bool
    within_budgets: bool
    accuracy: float | None
    ops: int | None
    params: int | None
    arena_bytes: int | None
    flash_bytes: int | None
    latency: float | None

    def rated(self, cost: Cost) -> tuple[float, float] | None:
        """The cost and the accuracy, if both are known."""
        value: int | None = getattr(self, cost)
        return None if value is None or self.accuracy is None else (value, self.accuracy)


@dataclass(frozen=True)
class BudgetFigures:
    """The runs of the same budgets that have not failed: their number, the mean accuracy over seeds
    and its range, and mean costs. None where no run has them.
    """

    budgets: str
    runs: int
    accuracy: float | None
    accuracy_least: float | None
    accuracy_most: float | None
    ops: float | None
    arena_bytes: float | None
    flash_bytes: float | None


@dataclass(frozen=True)
class SweepResult:
    """Outcome of `sweep`: all runs of its folder.

    `fronts` has, for each cost, the names of the runs that none excels, the cheapest first;
    `failed` names the runs that found nothing, and why.
    """

    space: str
    task: str
    board: str
    data: str
    synthetic: bool
    metric: str
    latency_unit: str | None
    failed: tuple[str, ...]
    notes: tuple[str, ...]
    budgets: tuple[BudgetFigures, ...]
    folder: Path
    sources: dict[str, str]
    runs: tuple[Run, ...]
    fronts: dict[str, tuple[str, ...]]
    csv: Path
    plots: tuple[Path, ...]


def combinations(grid: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every combination of the budgets in `grid`, lists of texts by name; empty lists are left
    out."""
    lists = [[(name, text) for text in texts] for name, texts in grid.items() if texts]
    return [dict(choice) for choice in itertools.product(*lists)]


def make_jobs(
    folder: Path,
    grid: Mapping[str, Sequence[str]],
    seeds: Sequence[int],
    options: Mapping[str, Any],
) -> tuple[Job, ...]:
    """A job for each combination of budgets and each seed; `options` are the same for all."""
    found = []
    for chosen in combinations(grid):
        words = [f"{name}-{text.replace(' ', '')}" for name, text in chosen.items()]
        budgets = ", ".join(f"{name} {text}" for name, text in chosen.items()) or BOARDS_OWN
        for seed in seeds:
            name = "_".join([*words, f"seed-{seed}"])
            given = {**options, **chosen, "seed": seed}
            found.append(Job(name, folder / RUNS / name, budgets, seed, given))
    return tuple(found)


def run_job(job: Job, progress: Progress) -> Run:
    """Searches, or goes on with it. What it raises is the caller's."""
    from mcugen.searching import search

    return run_of(job, search(**job.options, output=job.folder, resume=True, progress=progress))


def run_of(job: Job, result: SearchResult) -> Run:
    """What a search found."""
    return Run(
        name=job.name,
        budgets=job.budgets,
        seed=job.seed,
        error="",
        metric=result.metric,
        synthetic=result.synthetic,
        within_budgets=result.within_budgets,
        accuracy=result.accuracy,
        ops=result.ops,
        params=result.params,
        arena_bytes=result.arena_bytes,
        flash_bytes=result.flash_bytes,
        latency=result.latency,
    )


def failed_run(job: Job, error: str) -> Run:
    """A search that found nothing."""
    return Run(job.name, job.budgets, job.seed, error, "", False, False, *(None,) * 6)


def front(runs: Sequence[Run], cost: Cost) -> tuple[Run, ...]:
    """The runs within their budgets that no other excels, the cheapest first.

    One excels another if it is at least as accurate for at most the cost, and better in one of
    them. Of runs that are equal in both the first stands for all.
    """
    rated = [
        (rating[0], -rating[1], number)
        for number, run in enumerate(runs)
        if run.within_budgets and (rating := run.rated(cost)) is not None
    ]
    found: list[Run] = []
    best = -math.inf
    for _, negative, number in sorted(rated):
        if -negative > best:
            best = -negative
            found.append(runs[number])
    return tuple(found)


def budget_figures(runs: Sequence[Run]) -> tuple[BudgetFigures, ...]:
    """One for each budget, over its seeds."""
    found = []
    for budgets in dict.fromkeys(run.budgets for run in runs):
        ended = [run for run in runs if run.budgets == budgets and not run.error]
        scores = [run.accuracy for run in ended if run.accuracy is not None]
        found.append(
            BudgetFigures(
                budgets,
                len(ended),
                _mean(scores),
                min(scores, default=None),
                max(scores, default=None),
                *(_mean([getattr(run, cost) for run in ended]) for cost in COSTS),
            )
        )
    return tuple(found)


def write_runs(folder: Path, runs: Sequence[Run]) -> None:
    """Writes pareto.csv, whole or not at all; three columns say which fronts a run is on."""
    fronts = {f"front_{cost}": {run.name for run in front(runs, cost)} for cost in COSTS}
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [field.name for field in fields(Run)] + list(fronts), lineterminator="\n"
    )
    writer.writeheader()
    for run in runs:
        writer.writerow(asdict(run) | {key: run.name in names for key, names in fronts.items()})
    write_output(folder / CSV, text.getvalue().encode())


def read_runs(folder: Path) -> tuple[Run, ...]:
    """The runs of pareto.csv; none if there is no file. Raises InputRejected for a damaged one."""
    path = folder / CSV
    if not path.is_file():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            if "name" not in (reader.fieldnames or ()):
                raise ValueError("no header")
            return tuple(_run(row) for row in reader)
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        raise InputRejected(f"{path} is damaged", "begin anew: --force") from None


def _run(row: Mapping[str, str]) -> Run:
    def whole(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    def real(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    return Run(
        name=row["name"],
        budgets=row["budgets"],
        seed=int(row["seed"]),
        error=row["error"],
        metric=row["metric"],
        synthetic=row["synthetic"] == "True",
        within_budgets=row["within_budgets"] == "True",
        accuracy=real("accuracy"),
        ops=whole("ops"),
        params=whole("params"),
        arena_bytes=whole("arena_bytes"),
        flash_bytes=whole("flash_bytes"),
        latency=real("latency"),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
