"""docs/benchmarks_layers.md: every layer of every model."""

from __future__ import annotations

from bench.baseline import Baseline
from bench.markdown import Cell, ratio, table
from bench.measure import LEVELS, Configuration
from bench.page import M4, M55, Results

INTRODUCTION = f"""\
# Layers

Instructions of every layer on Cortex-M4 and Cortex-M55, *emulator*, at -{LEVELS[0]}; made by
`make bench`. The ratio is mcugen / TFLM with CMSIS-NN at -O3, where TFLM was measured by layer.
Layers are those after mcugen's rewrites, without the channels that were left out: the ratio has
both effects. Where their sequence is not the file's, nothing is compared."""


def layer_page(results: Results, baseline: Baseline) -> str:
    """A table for each model."""
    sections = [INTRODUCTION]
    sections += [_model(name, results, baseline) for name in results.names()]
    return "\n\n".join(sections) + "\n"


def _model(name: str, results: Results, baseline: Baseline) -> str:
    found = [results.models.get((name, Configuration(b, LEVELS[0]))) for b in (M4, M55)]
    length = max(len(figures.layers) for figures in found if figures)
    rows: list[list[Cell]] = [[] for _ in range(length)]
    head = ["layer", "operator", "MACs"]
    theirs = baseline.models.get(name, {}).get("layers", [])
    for place, (figures, core) in enumerate(zip(found, ("M4", "M55"), strict=True)):
        if figures is None:
            continue
        head += [f"kernel {core}", f"{core}", "per MAC", "ratio"]
        same = [entry[0] for entry in theirs] == [layer.op for layer in figures.layers]
        for row, layer in zip(rows, figures.layers, strict=True):
            if not row:
                row += [str(layer.index), layer.op, layer.macs or None]
            count = layer.instructions
            per_mac = count / layer.macs if count and layer.macs else None
            other = theirs[layer.index][1 + place] if same else None
            row += [layer.kernel, count, per_mac, ratio(count, other)]
    return f"## {name}\n\n{table(head, rows)}"
