"""Work spread over processes, a fresh one for every job.

A fresh process makes a job's result independent of what ran before it, also where a C library keeps
state, and costs a fifth of a second. Unlike multiprocessing's, it does not import the user's script
anew.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from mcugen.errors import McugenError
from mcugen.progress import Progress

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    stage: str,
    progress: Progress,
    units: Callable[[Job], int] = lambda job: 1,
) -> list[Result]:
    """`function(job)` of every job, in order, on all processors.

    `function` is a module's; it and the jobs are pickled. `progress` is told the `units` of the
    jobs done. A McugenError of a job is raised here.
    """
    results: dict[int, Result] = {}
    running: set[subprocess.Popen[bytes]] = set()
    total = sum(map(units, jobs))
    done = 0
    progress(stage, done, total)
    with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
        futures = {pool.submit(_run, function, job, running): i for i, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                index = futures[future]
                results[index] = future.result()
                done += units(jobs[index])
                progress(stage, done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.kill()
            raise
    return [results[i] for i in range(len(jobs))]


def _run(function: Callable[[Job], Any], job: Job, running: set[subprocess.Popen[bytes]]) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-m", "mcugen.tasks.jobs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # One processor a job: libraries that start threads of their own would only get in the way.
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    running.add(process)
    try:
        answer, chatter = process.communicate(pickle.dumps((function, job)))
    finally:
        running.discard(process)
    if process.returncode:
        last = chatter.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise McugenError(
            f"a process that prepared data ended with code {process.returncode}", "\n".join(last)
        )
    result = pickle.loads(answer)
    if isinstance(result, McugenError):
        raise result
    return result


def _serve() -> None:
    """Does the job on standard input and writes its result to standard output."""
    # Whatever a library prints must not come into the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function, job = pickle.load(sys.stdin.buffer)
    result: Any
    try:
        result = function(job)
    except McugenError as error:
        result = error
    pickle.dump(result, answers)
    answers.flush()


if __name__ == "__main__":
    _serve()
