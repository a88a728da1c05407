"""docs/benchmarks.md: our figures beside TensorFlow Lite Micro's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.baseline import HEADLINE, Baseline, geometric_mean
from bench.markdown import Cell, cell, ratio, table
from bench.measure import CLASSES, LEVELS, M0_CODE, Configuration, Figures

M4, M55, M3 = "qemu_m4", "qemu_m55", "qemu_m3"


@dataclass(frozen=True)
class Results:
    """All that was measured: by model and configuration, and layers of their own by name.

    `networks` are those of bench/four_bits.py by name, in one configuration.
    """

    models: Mapping[tuple[str, Configuration], Figures]
    kernels: Mapping[tuple[str, Configuration], Figures]
    networks: Mapping[str, Figures] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Headline models first, in their order, then the others by name."""
        found = {name for name, _ in self.models}
        return [n for n in HEADLINE if n in found] + sorted(found - set(HEADLINE))

    def get(self, name: str, board: str, level: str = LEVELS[0]) -> Figures | None:
        return self.models.get((name, Configuration(board, level)))

    def instructions(self, name: str, board: str, level: str = LEVELS[0]) -> int | None:
        figures = self.get(name, board, level)
        return figures.instructions if figures else None


def page(results: Results, baseline: Baseline) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Markdown of names and figures of ours
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("benchmarks.md.j2").render(
        aims=_aims(results, baseline),
        m4=_levels(results, baseline, M4, "m4"),
        cycles=_cycles(results, baseline),
        m55=_levels(results, baseline, M55, "m55"),
        portable=_portable(results, baseline),
        flash=_flash(results, baseline),
        memory=_memory(results, baseline),
        kernels=_kernels(results, baseline),
        networks=_networks(results),
        about=baseline.about,
    )


def ratios(results: Results, baseline: Baseline, board: str, core: str) -> dict[str, float]:
    """Instructions of the headline models relative to TFLM's, at our default level."""
    pairs = {
        name: ratio(results.instructions(name, board), baseline.instructions(name, core))
        for name in results.names()
        if name in HEADLINE
    }
    return {name: value for name, value in pairs.items() if value is not None}


NETWORK_FIGURES: dict[str, Callable[[Figures], int | None]] = {
    "instructions": lambda figures: figures.instructions,
    "cycles (estimate)": lambda figures: figures.estimate.cycles if figures.estimate else None,
    "arena": lambda figures: figures.arena_bytes,
    "constants": lambda figures: figures.flash_by_class["constants"],
    "code": lambda figures: figures.code_bytes,
}


def _networks(results: Results) -> str:
    """Figures, each followed by its ratio to that of the first network."""
    first = next(iter(results.networks.values()), None)

    def row(name: str) -> list[Cell]:
        cells: list[Cell] = [name]
        for figure in NETWORK_FIGURES.values():
            ours = figure(results.networks[name])
            cells += [ours, ratio(ours, figure(first) if first else None)]
        return cells

    head = ["network", *(title for name in NETWORK_FIGURES for title in (name, "ratio"))]
    return table(head, map(row, results.networks))


def _aims(results: Results, baseline: Baseline) -> str:
    m4 = ratios(results, baseline, M4, "m4")
    code = [f.code_bytes for n in HEADLINE if (f := results.get(n, M4)) is not None]
    cycles = _cycle_ratios(results, baseline)
    rows: list[list[Cell]] = [
        ["instructions, Cortex-M4, mean", "at most 0.50", geometric_mean(m4.values())],
        ["instructions, Cortex-M4, worst model", "at most 0.65", max(m4.values(), default=None)],
        ["cycles (estimate), Cortex-M4, mean", "", geometric_mean(cycles.values())],
    ]
    for title, board, core, most in (
        ("Cortex-M55", M55, "m55", "0.90"),
        ("Cortex-M3", M3, "m3", "0.70"),
        ("Cortex-M0", M0_CODE, "m0", "0.70"),
    ):
        mean = geometric_mean(ratios(results, baseline, board, core).values())
        rows.append([f"instructions, {title}, mean", f"at most {most}", mean])
    mean_code = round(geometric_mean(code)) if code else None
    rows.append(["code bytes, Cortex-M4, mean", "at most 16,384", mean_code])
    return table(["ratio to TFLM, or bytes", "aim", "is"], rows)


def _levels(results: Results, baseline: Baseline, board: str, core: str) -> str:
    """Instructions at every level; -Os is compared with TFLM's smallest build."""
    head = ["model", "MACs in the file", "executed", "TFLM -O3"]
    for level in LEVELS:
        head += [f"-{level}", "per MAC", "ratio"] if level == LEVELS[0] else [f"-{level}", "ratio"]
    has_small = core == "m4"
    head += ["TFLM -Os", "ratio -Os"] if has_small else []

    def row(name: str) -> list[Cell]:
        theirs = baseline.instructions(name, core)
        first = results.get(name, board)
        macs = (first.file_macs, first.macs) if first else (None, None)
        cells: list[Cell] = [*macs, theirs]
        for level in LEVELS:
            ours = results.instructions(name, board, level)
            cells.append(ours)
            if level == LEVELS[0]:
                cells.append(ratio(ours, macs[1]))
            cells.append(ratio(ours, theirs))
        if has_small:
            small = baseline.instructions(name, core, "Os")
            cells += [small, ratio(results.instructions(name, board, "Os"), small)]
        return cells

    return _model_table(head, results, row)


def _cycles(results: Results, baseline: Baseline) -> str:
    def row(name: str) -> list[Cell]:
        figures = results.get(name, M4)
        if figures is None or figures.estimate is None:
            return [None] * 6
        ours, theirs = figures.estimate, baseline.figure(name, "m4_cycles")
        count = baseline.instructions(name, "m4")
        return [
            ours.cycles,
            ours.cycles / ours.instructions,
            theirs,
            ratio(theirs, count),
            ratio(ours.cycles, theirs),
            ratio(ours.instructions, count),
        ]

    head = ["model", "cycles", "per instruction", "TFLM cycles", "per instruction"]
    head += ["ratio of cycles", "of instructions"]
    return _model_table(head, results, row)


def _cycle_ratios(results: Results, baseline: Baseline) -> dict[str, float]:
    found = {}
    for name in HEADLINE:
        figures = results.get(name, M4)
        theirs = baseline.figure(name, "m4_cycles")
        if figures and figures.estimate and theirs:
            found[name] = figures.estimate.cycles / theirs
    return found


def _portable(results: Results, baseline: Baseline) -> str:
    head = ["model"]
    for core in ("M3", "M0"):
        head += [f"TFLM {core}", core, "per MAC", "ratio"]

    def row(name: str) -> list[Cell]:
        cells: list[Cell] = []
        for board, core in ((M3, "m3"), (M0_CODE, "m0")):
            ours, theirs = results.get(name, board), baseline.instructions(name, core)
            count = ours.instructions if ours else None
            cells += [
                theirs,
                count,
                ratio(count, ours.macs if ours else None),
                ratio(count, theirs),
            ]
        return cells

    return _model_table(head, results, row)


def _flash(results: Results, baseline: Baseline) -> str:
    others = [f"-{level}" for level in LEVELS[1:]]
    head = [
        "model",
        *CLASSES,
        "code",
        *[f"code {o}" for o in others],
        "TFLM code -O3",
        "TFLM code -Os",
    ]

    def row(name: str) -> list[Cell]:
        figures = results.get(name, M4)
        if figures is None:
            return [None] * (len(head) - 1)
        cells: list[Cell] = [figures.flash_by_class[c] for c in CLASSES]
        cells.append(figures.code_bytes)
        for level in LEVELS[1:]:
            other = results.get(name, M4, level)
            cells.append(other.code_bytes if other else None)
        cells += [baseline.figure(name, "code_bytes", level) for level in ("O3", "Os")]
        return cells

    return _model_table(head, results, row)


def _memory(results: Results, baseline: Baseline) -> str:
    head = ["model", "flash", "TFLM -O3", "ratio", "TFLM -Os", "ratio"]
    head += ["arena", "bound", "TFLM arena", "ratio", "stack"]

    def row(name: str) -> list[Cell]:
        figures = results.get(name, M4)
        if figures is None:
            return [None] * (len(head) - 1)
        small = results.get(name, M4, "Os")
        fast, least = (baseline.figure(name, "flash_bytes", level) for level in ("O3", "Os"))
        arena = baseline.models.get(name, {}).get("arena_bytes")
        return [
            figures.flash_bytes,
            fast,
            ratio(figures.flash_bytes, fast),
            least,
            ratio(small.flash_bytes if small else None, least),
            figures.arena_bytes,
            figures.lower_bound_bytes,
            arena,
            ratio(figures.arena_bytes, arena),
            "unbounded" if figures.stack_bytes is None else figures.stack_bytes,
        ]

    return _model_table(head, results, row)


def _kernels(results: Results, baseline: Baseline) -> str:
    head = ["layer", "MACs", "CMSIS-NN M4", "mcugen M4", "per MAC", "ratio", "kernel"]
    head += ["CMSIS-NN M55", "mcugen M55", "per MAC", "ratio", "kernel"]
    names = list(dict.fromkeys(name for name, _ in results.kernels))
    rows: list[list[Cell]] = []
    means: list[Cell] = ["**mean**", None]
    for name in names:
        cells: list[Cell] = [name, baseline.kernels[name]["macs"]]
        for board, core in ((M4, "m4"), (M55, "m55")):
            figures = results.kernels.get((name, Configuration(board, LEVELS[0])))
            theirs = baseline.kernels[name][core]
            if figures is None:
                cells += [theirs, None, None, None, None]
                continue
            ours = figures.instructions
            cells += [theirs, ours, ours / figures.macs, ours / theirs, figures.layers[0].kernel]
        rows.append(cells)
    for place in (5, 10):
        found = [row[place] for row in rows]
        mean = geometric_mean(value for value in found if isinstance(value, float))
        means += [None, None, None, f"**{cell(mean)}**", None]
    return table(head, [*rows, means])


def _model_table(head: list[str], results: Results, row: Callable[[str], list[Cell]]) -> str:
    """A row for each model that has figures, and the means of the ratio columns."""
    rows: list[list[Cell]] = []
    for name in results.names():
        title = f"**{name}**" if name in HEADLINE else name
        cells = row(name)
        if any(value is not None for value in cells):
            rows.append([title, *cells])
    headline = [r for r in rows if str(r[0]).startswith("**")]
    means: list[Cell] = ["**mean of the eight**"]
    for place, title in enumerate(head[1:], 1):
        is_ratio = "ratio" in title or title in ("per MAC", "per instruction", "of instructions")
        column = [r[place] for r in headline]
        means.append(f"**{cell(_mean(column))}**" if is_ratio or "code" in title else None)
    return table(head, [*rows, means])


def _mean(values: Iterable[Cell]) -> float | int:
    """Of the figures that there are; a whole number for whole numbers."""
    numbers = [value for value in values if isinstance(value, int | float) and value > 0]
    mean = geometric_mean(numbers)
    whole = bool(numbers) and all(isinstance(value, int) for value in numbers)
    return round(mean) if whole else mean
