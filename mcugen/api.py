"""The verbs, for Python users; the command line calls these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcugen import building, execution, verification
from mcugen.boards import list_boards, load_board
from mcugen.building import BuildDoesNotFit, make_target
from mcugen.diagnosis import doctor
from mcugen.errors import InputRejected
from mcugen.flashing import flash
from mcugen.inspection import inspect
from mcugen.model import Model, load
from mcugen.progress import Progress, silent
from mcugen.results import BuildResult, ProfileResult, RunResult, VerifyResult, as_json
from mcugen.samples import Sample, from_files, seeded

__all__ = [
    "BuildDoesNotFit",
    "Model",
    "as_json",
    "build",
    "doctor",
    "flash",
    "inspect",
    "list_boards",
    "load",
    "load_board",
    "profile",
    "run",
    "verify",
]

PathLike = str | Path


def build(
    model: PathLike,
    board: PathLike,
    *,
    output: PathLike | None = None,
    runtime: str = "aot",
    framework: str | None = None,
    prefix: str | None = None,
    compile: bool = True,
    force: bool = False,
    progress: Progress = silent,
) -> BuildResult:
    """Writes a PlatformIO project for `model` on `board` and builds it.

    The folder defaults to build/<prefix>-<board>. Raises InputRejected for an unacceptable
    argument, BuildDoesNotFit (with `.result`) if the board is too small, McugenError if the build
    fails.
    """
    target = make_target(load(model), board, output, runtime, framework, prefix)
    return building.build(target, compile=compile, force=force, progress=progress)


def run(
    model: PathLike,
    board: PathLike,
    *,
    inputs: Sequence[PathLike] = (),
    seed: int | None = None,
    count: int = 1,
    output: PathLike | None = None,
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> RunResult:
    """Runs the firmware on samples from files, or on `count` random ones from `seed` (or 0)."""
    target = make_target(load(model), board, output, prefix=prefix)
    samples = _samples(target.model, inputs, seed or 0, count)
    session = execution.open_session(target, port=port, progress=progress)
    return execution.run(session, samples, progress)


def verify(
    model: PathLike,
    board: PathLike,
    *,
    count: int = 20,
    seed: int = 0,
    inputs: Sequence[PathLike] = (),
    output: PathLike | None = None,
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> VerifyResult:
    """Compares every output byte of the firmware with TFLM's, on files or `count` seeded inputs."""
    target = make_target(load(model), board, output, prefix=prefix)
    samples = _samples(target.model, inputs, seed, count)
    session = execution.open_session(target, port=port, progress=progress)
    return verification.verify(
        session,
        samples,
        None if inputs else seed,
        lambda: execution.open_session(target, trace=True, port=port, progress=progress),
        progress,
    )


def profile(
    model: PathLike,
    board: PathLike,
    *,
    seed: int = 0,
    output: PathLike | None = None,
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> ProfileResult:
    """Counts what each layer of one inference costs, on a seeded random input."""
    target = make_target(load(model), board, output, prefix=prefix)
    session = execution.open_session(target, trace=True, port=port, progress=progress)
    return execution.profile(session, seeded(target.model.graph, 1, seed)[0])


def _samples(model: Model, inputs: Sequence[PathLike], seed: int, count: int) -> list[Sample]:
    if inputs:
        return from_files(model.graph, [Path(path) for path in inputs])
    if count < 1:
        raise InputRejected(f"the number of inputs must be at least 1, not {count}")
    return seeded(model.graph, count, seed)
