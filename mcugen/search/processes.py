"""Jobs in processes of this machine.

A process is a new interpreter with the pipes that this module gives it. Unlike multiprocessing's,
it does not import the user's script anew.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import IO, Any

from mcugen.search.sweep import Job, Run, failed_run
from mcugen.search.workers import THREADS, Heard, Work, attempt, log_of

GRACE_S = 20.0
"""For searches to write what they have, once they are told to stop."""

# Modules are found where this process finds them, also before mcugen's are.
_BOOTSTRAP = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from mcugen.search.processes import serve; serve()"
)

_Messages = queue.SimpleQueue[tuple["_Process", Any]]


class Processes:
    """So many processes at a time, a new one for each job.

    A process that the system kills takes nothing with it, and what TensorFlow holds is freed. The
    processors are divided among them. None outlives this process.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def run(self, jobs: Sequence[Job], work: Work, heard: Heard) -> Generator[Run, None, None]:
        """As `Workers` has it."""
        waiting, running = deque(jobs), list[_Process]()
        messages: _Messages = queue.SimpleQueue()
        threads = max(1, len(os.sched_getaffinity(0)) // self._count)
        try:
            while waiting or running:
                while waiting and len(running) < self._count:
                    running.append(_Process(waiting.popleft(), work, threads, messages))
                process, message = messages.get()
                if isinstance(message, str):
                    heard(process.job.name, message)
                elif isinstance(message, Run):
                    process.found = message
                else:
                    running.remove(process)
                    yield process.outcome()
        finally:
            _stop(running)


class _Process:
    """A job in a process. Puts itself and what the process tells into `messages`: text, the run,
    and None at its end."""

    def __init__(self, job: Job, work: Work, threads: int, messages: _Messages) -> None:
        self.job = job
        self.found: Run | None = None
        self._messages = messages
        log_of(job).parent.mkdir(parents=True, exist_ok=True)
        with log_of(job).open("wb") as log:
            # In a session of its own: Ctrl-C on the terminal is this process's to pass on, once.
            self.popen = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=dict.fromkeys(THREADS, str(threads)) | os.environ,
            )
        # Unbuffered, and less than a pipe holds: a process that has died leaves nothing to flush.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stdin.fileno(), pickle.dumps(sys.path) + pickle.dumps((work, job)))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.popen.stdin
        return self.popen.stdin

    def _listen(self) -> None:
        assert self.popen.stdout
        try:
            with (
                self.popen.stdout as answers,
                contextlib.suppress(EOFError, pickle.UnpicklingError),
            ):
                while True:
                    self._messages.put((self, pickle.load(answers)))
        finally:
            self.popen.wait()
            self._messages.put((self, None))

    def end(self) -> None:
        """Kills the process if it still runs."""
        self.popen.kill()
        self.popen.wait()
        self._stdin.close()

    def outcome(self) -> Run:
        """What came of the job, once the process has ended."""
        self._stdin.close()
        if self.found is not None:
            return self.found
        code, log = self.popen.returncode, log_of(self.job)
        if code == -signal.SIGKILL:
            reason = "the system killed its process, as it does where memory runs out"
        else:
            reason = f"its process ended with code {code}; {log} has its words"
        return failed_run(self.job, reason)


def _stop(running: Sequence[_Process]) -> None:
    """Ctrl-C to all; those that do not end soon are ended."""
    deadline = time.monotonic() + GRACE_S
    try:
        for process in running:
            process.popen.send_signal(signal.SIGINT)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.popen.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for process in running:
            process.end()


def serve() -> None:
    """The new process: does the job on standard input, tells of it on standard output."""
    # Started in the background of a script, a process would ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Neither what a library prints nor a process that reads may come between.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work, job = pickle.load(sys.stdin.buffer)
    held = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with_parent, args=[held], daemon=True).start()

    def tell(message: str | Run) -> None:
        pickle.dump(message, answers)
        answers.flush()

    tell(attempt(work, job, tell))


def _end_with_parent(held: int) -> None:
    """Ends this process once nobody holds the other end of the pipe `held`.

    Whoever resumes must find the folder unused. Checkpoints are written whole: any time will do.
    """
    os.read(held, 1)
    os._exit(1)
