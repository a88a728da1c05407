"""What the tests of jobs do in other processes, and a way to do jobs in this one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from mcugen.errors import InputRejected
from mcugen.progress import Progress


def run_here(
    function: Callable[[Any], Any],
    jobs: Sequence[Any],
    stage: str,
    progress: Progress,
    units: Callable[[Any], int] = lambda job: 1,
) -> list[Any]:
    """Stands in for `run_jobs` where a test need not wait for processes."""
    return [function(job) for job in jobs]


def square(job: int) -> tuple[int, int]:
    print("libraries print")
    return job * job, os.getpid()


def refuse(job: int) -> None:
    raise InputRejected("not today", "tomorrow")


def die(job: str) -> None:
    if job == "exit":
        os._exit(7)
    raise RuntimeError("a mistake")
