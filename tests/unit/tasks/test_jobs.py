"""Jobs in processes of their own: results in order, and a failure that is an error here."""

from __future__ import annotations

import os

import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.progress import silent
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.problems import Problems
from tests.unit.tasks import work


def test_results_are_in_order() -> None:
    told: list[tuple[str, int, int]] = []
    results = run_jobs(
        work.square,
        [3, 1, 2],
        "squaring",
        lambda stage, done, total, figures="": told.append((stage, done, total)),
        units=lambda job: job,
    )
    assert [square for square, _ in results] == [9, 1, 4]
    assert os.getpid() not in {process for _, process in results}
    assert told[0] == ("squaring", 0, 6)
    assert told[-1] == ("squaring", 6, 6)


def test_no_jobs() -> None:
    assert run_jobs(work.square, [], "squaring", silent) == []


def test_an_error_is_raised_here() -> None:
    with pytest.raises(InputRejected, match="not today") as caught:
        run_jobs(work.refuse, [1, 2], "refusing", silent)
    assert caught.value.hint == "tomorrow"


@pytest.mark.parametrize(("job", "code"), [("exit", "7"), ("raise", "1")])
def test_a_process_that_ends_is_an_error(job: str, code: str) -> None:
    with pytest.raises(McugenError, match=f"ended with code {code}"):
        run_jobs(work.die, [job], "dying", silent)


def test_problems_are_counted_by_reason() -> None:
    problems = Problems()
    for name in ("b.wav", "c.wav"):
        problems.add(name, "not a WAV file")
    problems.add("a\x1b.wav", "an empty file")
    assert len(problems) == 3
    assert problems.sentences == (
        "2 files left out: not a WAV file (such as b.wav)",
        "1 file left out: an empty file (such as a\\x1b.wav)",
    )
