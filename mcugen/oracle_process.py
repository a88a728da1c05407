"""The oracle in a process of its own.

TFLM stops the whole process on some inputs (a SOFTMAX over hundreds of equal classes, say); a user
of mcugen then gets an error and not a dead interpreter.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.oracle import Oracle


class IsolatedOracle:
    """An `Oracle` behind a pipe; the same methods, the same errors."""

    def __init__(self, model_bytes: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mcugen.oracle_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._ask("open", model_bytes)

    def run(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Outputs of one inference; every input has its tensor's shape and numpy type."""
        result: list[npt.NDArray[Any]] = self._ask("run", list(inputs))
        return result

    def intermediate(self, source_index: int) -> npt.NDArray[Any]:
        """The value after the last run of the tensor with this index in the file."""
        result: npt.NDArray[Any] = self._ask("intermediate", source_index)
        return result

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> IsolatedOracle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, method: str, argument: object) -> Any:
        assert self._process.stdin and self._process.stdout and self._process.stderr
        try:
            pickle.dump((method, argument), self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            lines = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise McugenError(
                "the reference, TFLM, stopped on this model or this input",
                "\n".join([*lines[-2:], "try other inputs: --seed N or --input FILE"]),
            ) from None
        if isinstance(answer, McugenError):
            self.close()
            raise answer
        return answer


def _serve() -> None:
    """Answers requests on standard input until it ends."""
    # Whatever TFLM prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    oracle: Oracle | None = None
    while True:
        try:
            method, argument = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: Any = None
        try:
            if method == "open":
                oracle = Oracle(argument)
            else:
                answer = getattr(oracle, method)(argument)
        except McugenError as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    _serve()
