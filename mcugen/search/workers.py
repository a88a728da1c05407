"""Where the jobs of a sweep run: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from mcugen.errors import McugenError
from mcugen.search.sweep import Job, Run, failed_run

Work = Callable[[Job], Run]
"""A function of a module: it is named to other processes, not sent to them."""

THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
"""What numerical libraries take their number of threads from."""

GRACE_S = 20.0
"""For searches to write what they have, after Ctrl-C."""

BROUGHT_BACK = (
    *("config.json", "arch.json", "model.tflite", "log.csv"),
    *("report.json", "report.html", "report.txt"),
)
"""Of a run's folder, from another machine."""


class Workers(Protocol):
    """Does jobs, in any order."""

    def run(self, jobs: Sequence[Job], work: Work) -> Iterator[Run]:
        """What came of each job as it ends. A job that fails is a `Run` with an error."""
        ...


class Processes:
    """So many processes at a time, a new one for each job.

    A process that the system kills takes nothing with it, and what TensorFlow holds is freed. The
    cores are divided among them.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._running: set[BaseProcess] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, jobs: Sequence[Job], work: Work) -> Iterator[Run]:
        threads = max(1, (os.cpu_count() or 1) // self._count)
        with _environment(threads), ThreadPoolExecutor(self._count) as pool:
            futures = [pool.submit(self._in_process, job, work) for job in jobs]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                self._stop()
                raise

    def _in_process(self, job: Job, work: Work) -> Run:
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(work, job, sender), name=job.name)
        with self._lock:
            if self._stopped:
                return failed_run(job, "not begun")
            process.start()
            self._running.add(process)
        sender.close()
        try:
            answer = receiver.recv()
        except EOFError:
            answer = None
        process.join()
        with self._lock:
            self._running.discard(process)
        if isinstance(answer, Run):
            return answer
        return failed_run(
            job, f"its process ended with exit code {process.exitcode}; {_log(job)} has its words"
        )

    def _stop(self) -> None:
        """Ctrl-C has reached the processes too; those that do not end by themselves are ended."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.join(GRACE_S)
            process.terminate()


class OnRay:
    """A Ray cluster: "local" starts one on this machine, "auto" or an address joins one.

    Each run takes one CPU of it, in a folder of its machine's own; the result's files are brought
    back. mcugen must be installed there, and data folders be where they are here.
    """

    def __init__(self, address: str) -> None:
        self._ray, self._address = _ray(), address

    def run(self, jobs: Sequence[Job], work: Work) -> Iterator[Run]:
        ray = self._ray
        try:
            ray.init(address=self._address, log_to_driver=False, include_dashboard=False)
        except Exception as error:
            raise McugenError(
                f"cannot reach the Ray cluster {self._address!r}: {error}",
                "ray start --head  begins one; --ray local needs none",
            ) from None
        try:
            environment = {"env_vars": dict.fromkeys(THREADS, "1")}
            remote = ray.remote(num_cpus=1, max_retries=0, runtime_env=environment)(_elsewhere)
            waiting = {remote.remote(work, job, _files_of(job)): job for job in jobs}
            while waiting:
                (reference,), _ = ray.wait(list(waiting), num_returns=1)
                yield self._ended(reference, waiting.pop(reference))
        finally:
            ray.shutdown()

    def _ended(self, reference: Any, job: Job) -> Run:
        try:
            run, files = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return failed_run(job, f"lost on Ray: {str(error).strip().splitlines()[-1]}")
        job.folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (job.folder / name).write_bytes(content)
        found: Run = run
        return found


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise McugenError(
            "Ray is not installed", "pip install 'mcugen[ray]'\nor on this machine: --processes 2"
        ) from None
    return ray


def _attempted(work: Work, job: Job) -> Run:
    try:
        return work(job)
    except McugenError as error:
        return failed_run(job, error.message)
    except Exception as error:
        traceback.print_exc()
        return failed_run(job, f"{type(error).__name__}: {error}")


def _child(work: Work, job: Job, sender: Connection) -> None:
    """The new process: what it prints goes to the run's log."""
    log = _log(job)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stream:
        for output in (sys.stdout, sys.stderr):
            output.flush()
            os.dup2(stream.fileno(), output.fileno())
    sender.send(_attempted(work, job))


def _log(job: Job) -> Path:
    return job.folder.with_name(f"{job.folder.name}.log")


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """What new processes are told of their threads, where the user has told nothing."""
    added = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, str(threads)))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _files_of(job: Job) -> dict[str, tuple[str, bytes]]:
    """Option → name and content of the files that it names and another machine may lack."""
    found = {}
    for option in ("space", "task", "board", "latency_model"):
        value = job.options.get(option)
        if value is not None and Path(value).suffix in (".py", ".json"):
            found[option] = (Path(value).name, Path(value).read_bytes())
    return found


def _elsewhere(
    work: Work, job: Job, inputs: dict[str, tuple[str, bytes]]
) -> tuple[Run, dict[str, bytes]]:
    """Does a job in a new folder; gives the result's files too."""
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        options = dict(job.options)
        for option, (file, content) in inputs.items():
            path = Path(name, option, file)
            path.parent.mkdir()
            path.write_bytes(content)
            options[option] = str(path)
        folder = Path(name, job.name)
        run = _attempted(work, replace(job, folder=folder, options=options))
        paths = (folder / file for file in BROUGHT_BACK)
        return run, {path.name: path.read_bytes() for path in paths if path.is_file()}
