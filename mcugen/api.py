"""The verbs, for Python users; the command line calls these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcugen import building, comparison, execution, profiles, verification
from mcugen.boards import list_boards, load_board
from mcugen.building import BuildDoesNotFit, Target, as_built, make_target
from mcugen.characterizing import characterize
from mcugen.datasets import check_data_folder, synthesize_data
from mcugen.diagnosis import doctor
from mcugen.errors import InputRejected
from mcugen.exporting import export
from mcugen.flashing import flash
from mcugen.inspection import inspect
from mcugen.model import Model, load, load_as_is
from mcugen.progress import Progress, silent
from mcugen.quantization import quantize as quantization
from mcugen.results import (
    BuildResult,
    CompareResult,
    ProfileResult,
    QuantizeResult,
    RunResult,
    VerifyResult,
    as_json,
)
from mcugen.runtimes.registry import RUNTIMES
from mcugen.samples import Sample, from_files, labels_from, seeded
from mcugen.searching import search
from mcugen.sweeping import sweep
from mcugen.training import train

__all__ = [
    "BuildDoesNotFit",
    "Model",
    "as_json",
    "build",
    "characterize",
    "check_data_folder",
    "compare",
    "doctor",
    "export",
    "flash",
    "inspect",
    "list_boards",
    "load",
    "load_board",
    "profile",
    "quantize",
    "run",
    "search",
    "sweep",
    "synthesize_data",
    "train",
    "verify",
]

PathLike = str | Path


def build(
    model: PathLike,
    board: PathLike,
    *,
    output: PathLike | None = None,
    runtime: str = RUNTIMES[0],
    framework: str | None = None,
    prefix: str | None = None,
    optimize: str | None = None,
    int4_kernels: str | None = None,
    arena_bytes: int | None = None,
    compile: bool = True,
    force: bool = False,
    progress: Progress = silent,
) -> BuildResult:
    """Writes a PlatformIO project for `model` on `board` and builds it.

    The folder defaults to build/<prefix>-<board>, the optimization level to O2, or to what a
    vendor's framework does by itself. For the runtime `tflm`, `int4_kernels` are those of "mcugen"
    (the default) or "cmsis-nn", and `arena_bytes` is a size to insist on. Raises InputRejected for
    an unacceptable argument, BuildDoesNotFit (with `.result`) if the board is too small,
    McugenError if the build fails.
    """
    target = make_target(
        _loaded(model, runtime),
        board,
        output,
        runtime,
        framework,
        prefix,
        optimize,
        int4_kernels,
        arena_bytes,
    )
    return building.build(target, compile=compile, force=force, progress=progress)


def run(
    model: PathLike,
    board: PathLike,
    *,
    inputs: Sequence[PathLike] = (),
    seed: int | None = None,
    count: int = 1,
    output: PathLike | None = None,
    runtime: str = RUNTIMES[0],
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> RunResult:
    """Runs the firmware on samples from files, or on `count` random ones from `seed` (or 0)."""
    target = _target(model, board, output, runtime, prefix)
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
    runtime: str = RUNTIMES[0],
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> VerifyResult:
    """Compares every output byte of the firmware with TFLM's, on files or `count` seeded inputs."""
    target = _target(model, board, output, runtime, prefix)
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
    runtime: str = RUNTIMES[0],
    prefix: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> ProfileResult:
    """Counts what each layer of one inference costs, on a seeded random input.

    The project keeps the result, and `inspect` shows it.
    """
    target = _target(model, board, output, runtime, prefix)
    session = execution.open_session(target, trace=True, port=port, progress=progress)
    result = execution.profile(session, seeded(target.model.graph, 1, seed)[0])
    profiles.save(target.folder, result)
    return result


def compare(
    model: PathLike,
    board: PathLike,
    *,
    count: int = 20,
    seed: int = 0,
    inputs: Sequence[PathLike] = (),
    optimize: str | None = None,
    progress: Progress = silent,
) -> CompareResult:
    """Builds `model` with every runtime and puts what they take and give side by side.

    Outputs are compared with TFLM's on files or on `count` seeded inputs, in an emulator; for a
    real board in one with its core. Raises InputRejected for an unacceptable argument, McugenError
    if a runtime lacks something; a runtime that does not fit is a part of the result.
    """
    loaded = load(model)
    samples = _samples(loaded, inputs, seed, count)
    return comparison.compare(
        loaded, board, samples, None if inputs else seed, optimize=optimize, progress=progress
    )


def quantize(
    model: PathLike,
    output: PathLike,
    *,
    weights: str = "int4",
    layers: str | Sequence[str | int] = (),
    skip: str | Sequence[str | int] = (),
    calibration: PathLike | Sequence[PathLike] = (),
    count: int = 20,
    seed: int = 0,
    bias_correction: bool = True,
    force: bool = False,
    progress: Progress = silent,
) -> QuantizeResult:
    """Writes `model` with 4-bit weights to the .tflite file `output`, and measures the loss.

    `layers` and `skip` choose by number, range ("3-5"), kind ("conv_2d"), "all" or a glob of the
    name; by default all but depthwise convolutions. Biases are corrected, and the loss is measured,
    on the inputs in the files of `calibration`, with an accuracy if these hold labels, or else on
    `count` random ones from `seed`. Raises InputRejected for an unacceptable argument.
    """
    if weights not in quantization.WEIGHTS:
        raise InputRejected(f"weights cannot be {weights!r}", "available: int4")
    model, output = Path(model), Path(output)
    given = [calibration] if isinstance(calibration, str | Path) else calibration
    files = [Path(path) for path in given]
    loaded = load(model)
    quantization.check_output(model, output, force)
    return quantization.quantize(
        loaded,
        output,
        _samples(loaded, files, seed, count),
        layers=_words(layers),
        skip=_words(skip),
        labels=labels_from(files),
        seed=None if files else seed,
        bias_correction=bias_correction,
        progress=progress,
    )


def _words(patterns: str | Sequence[str | int]) -> list[str]:
    return [patterns] if isinstance(patterns, str) else [str(p) for p in patterns]


def _target(
    model: PathLike,
    board: PathLike,
    output: PathLike | None,
    runtime: str,
    prefix: str | None,
) -> Target:
    """What to run: a project that is there keeps the optimization level it was built with."""
    loaded = _loaded(model, runtime)
    return as_built(make_target(loaded, board, output, runtime, prefix=prefix))


def _loaded(model: PathLike, runtime: str) -> Model:
    """Only mcugen's own runtime asks that mcugen knows every operator."""
    return load(model) if runtime == RUNTIMES[0] else load_as_is(model)


def _samples(model: Model, inputs: Sequence[PathLike], seed: int, count: int) -> list[Sample]:
    if inputs:
        return from_files(model.graph, [Path(path) for path in inputs])
    if count < 1:
        raise InputRejected(f"the number of inputs must be at least 1, not {count}")
    return seeded(model.graph, count, seed)
