"""Jobs on a Ray cluster. Ray is imported once somebody asks for one."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcugen.errors import McugenError
from mcugen.search.options import input_files
from mcugen.search.sweep import Job, Run, failed_run
from mcugen.search.workers import THREADS, Heard, Work, attempt, log_of
from mcugen.train.origin import SYNTHETIC

BROUGHT_BACK = (
    *("config.json", "arch.json", "model.tflite", "log.csv"),
    *("report.json", "report.html", "report.txt"),
)
"""Of a run's folder, from another machine."""

POLL_S = 1.0


class OnRay:
    """A Ray cluster: "local" starts one on this machine, "auto" or an address joins one.

    Each job takes one CPU of it and a process of its own, in a temporary folder; the result's files
    are brought back. mcugen must be installed there, and data folders be where they are here.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise McugenError(
                "Ray is not installed",
                "pip install 'mcugen[ray]'\nor several searches on this machine: --processes 2",
            ) from None
        self._ray: Any = ray
        self._address = address

    def run(self, jobs: Sequence[Job], work: Work, heard: Heard) -> Generator[Run, None, None]:
        """As `Workers` has it."""
        if not jobs:
            return
        ray = self._ray
        self._connect()
        try:
            from ray.util.queue import Queue

            told = Queue(actor_options={"num_cpus": 0})
            remote = ray.remote(num_cpus=1, max_retries=0, max_calls=1)(_elsewhere)
            waiting = {
                remote.remote(work, _portable(job), _files_of(job), told): job for job in jobs
            }
            while waiting:
                ended, _ = ray.wait(list(waiting), timeout=POLL_S)
                for name, text in told.get_nowait_batch(told.qsize()):
                    heard(name, text)
                for reference in ended:
                    yield self._outcome(reference, waiting.pop(reference))
        finally:
            ray.shutdown()

    def _connect(self) -> None:
        # A cluster that is started here tells nobody of it.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            self._ray.init(
                address=self._address,
                log_to_driver=False,
                include_dashboard=False,
                logging_level=logging.ERROR,
            )
        except Exception as error:
            raise McugenError(
                f"cannot reach the Ray cluster {self._address!r}: {error}",
                "ray start --head  begins one\n--ray local needs none",
            ) from None

    def _outcome(self, reference: Any, job: Job) -> Run:
        try:
            run, log, files = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            lines = str(error).strip().splitlines() or [""]
            # Of an error in Python, the last line of the traceback.
            reason = lines[-1 if isinstance(error, self._ray.exceptions.RayTaskError) else 0]
            return failed_run(job, f"lost on Ray: {type(error).__name__}: {reason}")
        job.folder.mkdir(parents=True, exist_ok=True)
        log_of(job).write_bytes(log)
        for name, content in files.items():
            (job.folder / name).write_bytes(content)
        found: Run = run
        return found


def _portable(job: Job) -> Job:
    """A job for another folder than this process's."""
    data = job.options.get("data", SYNTHETIC)
    where = data if data == SYNTHETIC else str(Path(data).absolute())
    return replace(job, options={**job.options, "data": where})


def _files_of(job: Job) -> dict[str, tuple[str, bytes]]:
    """Option → name and content of the file that it names, which another machine may lack."""
    files = input_files(job.options)
    return {option: (path.name, path.read_bytes()) for option, path in files.items()}


def _elsewhere(
    work: Work, job: Job, inputs: dict[str, tuple[str, bytes]], told: Any
) -> tuple[Run, bytes, dict[str, bytes]]:
    """Does a job in a new folder; gives what was printed and the result's files too.

    Paths are relative to that folder, so that reports name nothing of this machine.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder, contextlib.chdir(folder):
        options = dict(job.options)
        for option, (file, content) in inputs.items():
            path = Path(option, file)
            path.parent.mkdir()
            path.write_bytes(content)
            options[option] = str(path)
        here = replace(job, folder=Path(job.name), options=options)
        log = log_of(here)
        with (
            log.open("w", encoding="utf-8") as stream,
            contextlib.redirect_stdout(stream),
            contextlib.redirect_stderr(stream),
        ):
            run = attempt(work, here, lambda text: told.put((job.name, text)))
        paths = [here.folder / file for file in BROUGHT_BACK]
        files = {path.name: path.read_bytes() for path in paths if path.is_file()}
        return run, log.read_bytes(), files
