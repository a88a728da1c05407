"""What the tests of jobs do in other processes."""

from __future__ import annotations

import os

from mcugen.errors import InputRejected


def square(job: int) -> tuple[int, int]:
    print("libraries print")
    return job * job, os.getpid()


def refuse(job: int) -> None:
    raise InputRejected("not today", "tomorrow")


def die(job: str) -> None:
    if job == "exit":
        os._exit(7)
    raise RuntimeError("a mistake")
