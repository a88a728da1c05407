"""Is a searched network better than others of the same operations? The table in docs/search.md.

    python -m bench.searching [--ops 1M,2M] [--seeds 3] [--runs build/searching]

For each budget and seed: a search of the space kws_temporal, a random search in it of about the
same cost, its widest network scaled to the budget, and DS-CNNs scaled likewise; all of them are
trained alike, from new weights, and tested on voices that neither training nor search has heard.
What is there already is taken as it is.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.markdown import table
from mcugen import api
from mcugen.architecture import Architecture, read_architecture, write_architecture
from mcugen.architecture.blocks import Conv, DepthwiseSeparable
from mcugen.boards import load_board
from mcugen.console import Console
from mcugen.search.budgets import Budgets, board_budgets, parse_ops
from mcugen.search.costs import CostModel
from mcugen.search.decode import Candidate, random_selections
from mcugen.search.narrowing import narrowed
from mcugen.search.ranking import rank
from mcugen.search.scaling import scaled_within, widest
from mcugen.search.spaces import load_space
from mcugen.search.trials import Trials
from mcugen.tasks import load_task
from mcugen.train.journal import Journal

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "search.md"
BEGIN, END = "<!-- figures: python -m bench.searching -->", "<!-- end of figures -->"

SPACE, TASK = "kws_temporal", "kws"
BOARD = "nucleo_f446re"

RANDOM_NETWORKS = 27
RANDOM_EPOCHS = 4
"""In the first round; all rounds together train about as long as a search with its ranking."""

EVEN = {"DS-CNN(L), scaled": "ds_cnn_l", "DS-CNN(S), scaled": "ds_cnn_s"}
"""All widths alike, the multiple of 4 that comes nearest to the budget, above or below."""


def networks(ops: str, runs: Path, console: Console) -> dict[str, Callable[[int], Path]]:
    """What gives the arch.json of each kind of network for a seed; the dearest stands last."""
    return {
        "searched": lambda seed: _searched(seed, ops, runs, console),
        **{name: partial(_even, base, parse_ops(ops), runs) for name, base in EVEN.items()},
        f"{SPACE}, scaled": lambda _seed: _scaled(ops, runs),
        "random search": lambda seed: _random_search(seed, ops, runs, console),
    }


def _searched(seed: int, ops: str, runs: Path, console: Console) -> Path:
    folder = runs / f"search-{seed}"
    if not (folder / "report.json").is_file():
        with console.progress() as progress:
            api.search(
                SPACE, BOARD, ops=ops, seed=seed, output=folder, resume=True, progress=progress
            )
    return folder / "arch.json"


def _random_search(seed: int, ops: str, runs: Path, console: Console) -> Path:
    """Random networks of the space, ranked as candidates are, but with weights of their own."""
    folder = runs / f"random-{seed}"
    path = folder / "arch.json"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    task = load_task(TASK)
    model, budgets = _within(ops)
    space = model.space
    found = [
        Candidate(selection, model.of_selection(selection), "random", ())
        for selection in random_selections(model, budgets, RANDOM_NETWORKS, seed)
    ]
    with console.progress() as progress:
        data = task.load(None, space.input, seed=seed, progress=progress)
        checkpoints = folder / "checkpoints"
        trials = Trials(task, data, task.recipe, seed, checkpoints, Journal(folder), progress)
        best = rank(found, lambda c: space.architecture(c.selection), trials, RANDOM_EPOCHS)[0]
    return _written(space.architecture(best.candidate.selection), path)


def _within(ops: str) -> tuple[CostModel, Budgets]:
    """The space's networks, as far as a search would look, and the budgets."""
    board = load_board(BOARD)
    budgets = replace(board_budgets(board), ops=parse_ops(ops))
    space = narrowed(CostModel(load_space(SPACE), board.isa), budgets)
    return CostModel(space, board.isa), budgets


def _scaled(ops: str, runs: Path) -> Path:
    """The widest network of the space with all widths alike, as large as the budget lets it be."""
    model, budgets = _within(ops)
    network = model.space.architecture(scaled_within(model, budgets, widest(model.space)))
    return _written(network, runs / f"{SPACE}.json")


def _even(base: str, ops: float, runs: Path, _seed: int) -> Path:
    """A published network with all widths alike, as near to so many operations as it comes."""
    scaled = (_of_width(read_architecture(base), width) for width in range(4, 280, 4))
    nearest = min(scaled, key=lambda network: abs(2 * network.macs - ops))
    return _written(nearest, runs / f"{base}.json")


def _written(network: Architecture, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_architecture(network, path)
    return path


def _of_width(network: Architecture, width: int) -> Architecture:
    blocks = (
        replace(block, channels=width) if isinstance(block, (Conv, DepthwiseSeparable)) else block
        for block in network.blocks
    )
    return replace(network, blocks=tuple(blocks))


def _trained(architecture: Path, runs: Path, seed: int, console: Console) -> Any:
    of = architecture.parent.name if architecture.stem == "arch" else architecture.stem
    folder = runs / f"trained-{of}" / str(seed)
    report = folder / "report.json"
    if not report.is_file():
        console.note(str(folder))
        with console.progress() as progress:
            api.train(
                str(architecture),
                TASK,
                qat_epochs=0,
                seed=seed,
                output=folder,
                resume=True,
                progress=progress,
            )
    return json.loads(report.read_text(encoding="utf-8"))


def figures(reports: dict[str, list[dict[str, Any]]], ops: str) -> str:
    """The table: means over seeds, and the spread from the lowest to the highest."""
    searched = reports["searched"]
    rows = []
    for name, own in reports.items():
        pairs = zip(searched, own, strict=True)
        better = [100 * (a["accuracy_float"] - b["accuracy_float"]) for a, b in pairs]
        rows.append(
            [
                name,
                _spread(own, lambda r: 2 * r["macs"] / 1e6),
                _spread(own, lambda r: r["params"] / 1e3),
                _spread(own, lambda r: 100 * r["accuracy_float"]),
                f"{statistics.mean(better):+.2f}" if name != "searched" else None,
            ]
        )
    head = [
        f"{ops} operations",
        "million ops",
        "thousand params",
        "accuracy, %",
        "searched is better by",
    ]
    return table(head, rows)


def _spread(reports: Sequence[Any], value: Callable[[Any], float]) -> str:
    values = [value(report) for report in reports]
    return f"{statistics.mean(values):.2f} ({min(values):.2f} … {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", default="1M")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=ROOT / "build" / "searching")
    arguments = parser.parse_args()
    console = Console()
    tables = []
    for ops in arguments.ops.split(","):
        runs = arguments.runs / ops
        reports = {
            name: [
                _trained(architecture(seed), runs, seed, console) for seed in range(arguments.seeds)
            ]
            for name, architecture in networks(ops, runs, console).items()
        }
        tables.append(figures(reports, ops))
    intro = (
        f"Means of {arguments.seeds} seeds (lowest … highest); float networks, on *synthetic* "
        "keywords in voices never heard."
    )
    text = "\n\n".join([intro, *tables])
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
