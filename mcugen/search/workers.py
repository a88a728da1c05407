"""What the jobs of a sweep are done by, and how a job is done wherever that is."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

from mcugen.errors import McugenError
from mcugen.progress import Progress
from mcugen.search.sweep import Job, Run, failed_run

Work = Callable[[Job, Progress], Run]
"""A function of a module: it is named to other processes, not sent to them."""

Heard = Callable[[str, str], None]
"""Told a job's name and where it is, in words."""

THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
"""What numerical libraries take their number of threads from."""


class Workers(Protocol):
    """Does jobs, in any order."""

    def run(self, jobs: Sequence[Job], work: Work, heard: Heard) -> Generator[Run, None, None]:
        """What came of each job as it ends. A job that fails is a `Run` with an error.

        Closed before the end, it stops the jobs at work.
        """
        ...


def attempt(work: Work, job: Job, tell: Callable[[str], None]) -> Run:
    """Does a job. What it raises makes a failed run, and is printed, as the ends of stages are."""

    def progress(stage: str, done: int, total: int, figures: str = "") -> None:
        if figures and done == total:
            print(f"{stage}: {figures}", flush=True)
        tell(f"{stage}, {100 * done // total} %" if total else stage)

    try:
        return work(job, progress)
    except McugenError as error:
        print(f"error: {error.message}\n{error.hint}", flush=True)
        return failed_run(job, error.message)
    except Exception as error:
        traceback.print_exc()
        return failed_run(job, f"{type(error).__name__}: {error}")


def log_of(job: Job) -> Path:
    """The file beside the run's folder that holds what was printed."""
    return job.folder.with_name(f"{job.folder.name}.log")
