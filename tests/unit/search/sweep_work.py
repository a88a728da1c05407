"""What a sweep does in place of searches: in a module, so that other processes can import it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from mcugen.errors import McugenError
from mcugen.progress import Progress, silent
from mcugen.search.sweep import Job, Run, make_jobs


def run(name: str = "ops-20K_seed-0", **changes: object) -> Run:
    """A run as a search could end."""
    figures = {
        "name": name,
        "budgets": "ops 20K",
        "seed": 0,
        "error": "",
        "metric": "accuracy",
        "synthetic": True,
        "within_budgets": True,
        "accuracy": 0.81,
        "ops": 19_800,
        "params": 5_000,
        "arena_bytes": 9_000,
        "flash_bytes": 80_000,
        "latency": None,
    }
    return Run(**figures | changes)  # type: ignore[arg-type]


def jobs_in(folder: Path, *ops: str, seeds: int = 2) -> tuple[Job, ...]:
    """Jobs in a new folder, for these budgets of operations."""
    folder.mkdir(exist_ok=True)
    return make_jobs(folder, {"ops": ops, "sram": ()}, range(seeds), {"space": "kws"})


def work(job: Job, progress: Progress = silent) -> Run:
    """Finds a network that uses its operations; more of them, and later seeds, are better."""
    progress("search, epoch 1/2", 1, 1, "loss 0.5")
    job.folder.mkdir(parents=True)
    (job.folder / "arch.json").write_text(str(Path.cwd()))
    ops = int(str(job.options["ops"]).removesuffix("K")) * 1000
    return run(
        job.name,
        budgets=job.budgets,
        seed=job.seed,
        accuracy=1 - 5_000 / ops + job.seed / 100,
        ops=ops,
        arena_bytes=ops // 2,
    )


def seed_1_fails(job: Job, progress: Progress = silent) -> Run:
    if job.seed == 1:
        raise McugenError("\x1b[31mthe network gives the same answers", "look at it")
    return work(job)


def all_fail(job: Job, progress: Progress = silent) -> Run:
    raise ValueError("no luck")


def seed_1_is_killed(job: Job, progress: Progress = silent) -> Run:
    if job.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return work(job)


def seed_1_exits(job: Job, progress: Progress = silent) -> Run:
    if job.seed == 1:
        print("a library's last words")
        sys.exit(7)
    return work(job)


def until_interrupted(job: Job, progress: Progress = silent) -> Run:
    """Keeps what it has on Ctrl-C, as a search does."""
    job.folder.mkdir(parents=True)
    (job.folder / "began").write_text(str(os.getpid()))
    try:
        progress("search, epoch 1/2", 1, 4)
        time.sleep(60)
    except KeyboardInterrupt:
        (job.folder / "kept").write_text("best")
        raise McugenError("interrupted") from None
    return work(job)


def on_ray(job: Job, progress: Progress = silent) -> Run:
    """Seed 0 tells what it was given, seed 1 is lost."""
    if job.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if job.seed == 2:
        raise McugenError("seed 2 fails")
    found = work(job, progress)
    told = {name: job.options[name] for name in ("space", "data")}
    told |= {"read": Path(job.options["space"]).read_text(), "folder": str(job.folder)}
    (job.folder / "report.json").write_text(json.dumps(told))
    return found
