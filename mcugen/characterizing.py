"""`characterize`: what random networks of a space take on a board, and what predicts it.

TensorFlow is imported when the first network is exported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from mcugen.architecture import Architecture
from mcugen.boards import Board, load_board
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.report.characterize_page import write_report
from mcugen.runtimes.registry import RUNTIMES
from mcugen.search.budgets import board_budgets
from mcugen.search.characterization import CharacterizeResult, NetworkFigures
from mcugen.search.costs import CostModel
from mcugen.search.draw import draw_fitting
from mcugen.search.latency import LatencyModel, write_latency
from mcugen.search.measured import SAMPLES, MeasuredNetwork, read_measured, write_measured
from mcugen.search.options import space_to_json
from mcugen.search.proxy import fit_latency, fit_line, group_figures, held_out_error
from mcugen.search.space import Space
from mcugen.search.spaces import load_space
from mcugen.search.street import Street
from mcugen.searching import with_bits
from mcugen.text import printable
from mcugen.train.folder import check_folder, make_folder

LEAST_SAMPLES = 2
PATIENCE = 3
"""Networks in a row that fail before anything was measured: then it is no network's fault."""


class Measurer(Protocol):
    """What measures a network, such as `Street`."""

    def measure(self, number: int, architecture: Architecture) -> MeasuredNetwork: ...


def characterize(
    space: str | Space,
    board: str | Path,
    *,
    output: str | Path,
    samples: int = 100,
    bits: str | None = None,
    runtime: str = "aot",
    seed: int = 0,
    port: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> CharacterizeResult:
    """Measures `samples` random networks of a space on a board, and fits what they take.

    `space` and `bits` are as for `search`. Networks are drawn from narrow to wide within the
    board's budgets, exported with random weights, built for the runtime, and run: on an emulator,
    which counts instructions, or on a real board at the serial `port`, to which each is flashed, in
    time. Each network is written to the folder `output` once it is measured, and `resume` goes on
    from there: the same seed gives the same networks. One that fails is named in the result and
    passed over.

    Raises InputRejected for an unacceptable argument; McugenError if a tool or TensorFlow is
    missing, nothing can be written, or no network can be measured.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    the_board = load_board(board)
    the_space = with_bits(load_space(space) if isinstance(space, str) else space, bits)
    _check_numbers(samples, runtime)
    folder = Path(output)
    street = Street(the_board, runtime, folder, seed, port)
    options = _options(the_space, the_board, runtime, seed)
    check_folder(folder, options, resume=resume, force=force)
    street.check()
    check_tensorflow()
    make_folder(folder, options, resume=resume)
    model = CostModel(the_space, the_board.isa)
    networks, failed = measure_all(model, the_board, street, folder, samples, progress)
    return _finished(the_space, street, networks, failed, options)


def check_tensorflow() -> None:
    """Raises McugenError if it is missing, before anything is written."""
    import mcugen.train.tensorflow  # noqa: F401


def measure_all(
    model: CostModel,
    board: Board,
    street: Street,
    folder: Path,
    samples: int,
    progress: Progress,
    measurer: Measurer | None = None,
) -> tuple[list[MeasuredNetwork], list[str]]:
    """Measures the networks that `folder` does not hold yet; those that failed are tried again.

    Gives all that are measured, by number, and what was wrong with the others.
    """
    measurer, budgets = measurer or street, board_budgets(board)
    known = {n.number: n for n in read_measured(folder, street.unit) if n.number < samples}
    failed: list[str] = []
    for number in range(samples):
        progress("measuring networks", number, samples)
        if number in known:
            continue
        selection = draw_fitting(model, budgets, street.seed, number)
        try:
            found = measurer.measure(number, model.space.architecture(selection))
        except McugenError as error:
            failed.append(f"network {number}: {printable(error.message, 200)}")
            if not known and len(failed) >= PATIENCE:
                raise McugenError(
                    f"none of the first {PATIENCE} networks could be measured; the last: "
                    f"{error.message}",
                    error.hint,
                ) from None
            continue
        known[number] = found
        write_measured(folder, [known[n] for n in sorted(known)], street.unit)
    if len(known) < LEAST_SAMPLES:
        raise McugenError(
            f"{len(known)} of {samples} networks could be measured: too few", "\n".join(failed)
        )
    progress("measuring networks", samples, samples, f"{len(known)} of {samples} measured")
    return [known[n] for n in sorted(known)], failed


def _finished(
    space: Space,
    street: Street,
    networks: list[MeasuredNetwork],
    failed: list[str],
    options: dict[str, Any],
) -> CharacterizeResult:
    line = fit_line(networks)
    model, notes = _model(networks, street)
    folder = street.folder
    if model is not None:
        write_latency(model, folder / "latency.json")
    file_ops = sum(n.file_ops for n in networks)
    result = CharacterizeResult(
        space=space.name,
        board=street.board.id,
        runtime=street.runtime,
        bits=", ".join(map(str, space.bits)),
        seed=street.seed,
        unit=street.unit,
        label=street.label,
        samples=len(networks),
        failed=tuple(failed),
        ops_least=min(n.ops for n in networks),
        ops_most=max(n.ops for n in networks),
        left_out_share=1.0 - sum(n.ops for n in networks) / file_ops if file_ops else 0.0,
        line=line,
        groups=group_figures(networks, line, model),
        model_r2=None if model is None else model.r2,
        model_error=None if model is None else held_out_error(networks, model),
        networks=tuple(_figures(network, model) for network in networks),
        notes=notes,
        folder=folder,
        samples_csv=folder / SAMPLES,
        plot=folder / "plot.svg",
        latency_model=None if model is None else folder / "latency.json",
        sources={
            street.unit: f"{street.label} ({street.board.id}), one inference of a random input",
            "ops": "static (two for each multiply-accumulate that ran)",
            "line": f"fitted to {len(networks)} networks",
            "latency_model": "fitted to their layers; r2 and error are of whole networks",
        },
    )
    write_report(result, options)
    return result


def _figures(network: MeasuredNetwork, model: LatencyModel | None) -> NetworkFigures:
    predicted = None if model is None else model.of(network.features)
    return NetworkFigures(network.number, network.ops, network.params, network.taken, predicted)


def _model(
    networks: list[MeasuredNetwork], street: Street
) -> tuple[LatencyModel | None, tuple[str, ...]]:
    """A latency model, or why there is none."""
    try:
        model = fit_latency(networks, street.board.id, street.runtime, street.unit, street.label)
    except InputRejected as error:
        return None, (f"no latency model: {error.message}; {error.hint}",)
    return model, ()


def _check_numbers(samples: int, runtime: str) -> None:
    if runtime not in RUNTIMES:
        raise InputRejected(f"there is no runtime {runtime!r}", f"available: {', '.join(RUNTIMES)}")
    if samples < LEAST_SAMPLES:
        raise InputRejected(
            f"{samples} networks are too few to fit anything", "give more: --samples 100"
        )


def _options(space: Space, board: Board, runtime: str, seed: int) -> dict[str, Any]:
    """All that the networks and what they take depend on; their number may grow."""
    return {
        "verb": "characterize",
        "space": space_to_json(space),
        "bits": [str(bits) for bits in space.bits],
        "board": board.id,
        "runtime": runtime,
        "seed": seed,
    }
