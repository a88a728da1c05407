# ruff: noqa: E501 - the page is markdown, whose rows are as long as they are

"""Flash, arena and instructions of real models against TFLM; writes docs/benchmarks.md.

    python bench/run.py [--models DIR] [--board ID] [--output FILE]

The models are not part of the project: DIR (default ../shared/models) holds the .tflite files of
the suites that `tflm_baseline.json` names. The example models are always measured.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mcugen
from mcugen.errors import McugenError

ROOT = Path(__file__).resolve().parents[1]
HEADLINE = (
    *("kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"),
    *("kws_micronet_s", "kws_micronet_m", "vww2_50_50_INT8", "person_detect"),
)
"""The eight models over which geometric means are taken."""


@dataclass(frozen=True)
class Row:
    """One model's figures; byte figures are static, instructions come from the emulator."""

    name: str
    macs: int
    flash_bytes: int
    constants_bytes: int
    arena_bytes: int
    lower_bound_bytes: int
    stack_bytes: int | None
    instructions: int


def measure(path: Path, board: str, folder: Path) -> Row:
    """Builds and profiles one model."""
    target = folder / path.stem
    built = mcugen.build(path, board, output=target)
    profiled = mcugen.profile(path, board, output=target)
    assert built.flash_bytes is not None and profiled.instructions is not None
    return Row(
        path.stem,
        built.macs,
        built.flash_bytes,
        built.constants_bytes,
        built.arena_bytes,
        built.arena_lower_bound_bytes,
        built.stack_bytes,
        profiled.instructions,
    )


def geometric_mean(ratios: list[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def report(rows: list[Row], board: str, baseline: dict[str, dict[str, int | None]]) -> str:
    """The markdown page."""
    lines = [
        "# Benchmarks",
        "",
        f"Made by `make bench` for `{board}`. Flash, arena and stack are *static* (ELF, memory plan,",
        "call graph); instructions are counted in the *emulator* and say nothing about time. Flash is",
        "the whole image, start-up code and serial link included; code is flash less the model's",
        "constants (weights, biases, requantization, tables). Bound is the liveness lower bound of the",
        "arena, scratch included. TFLM's figures are of the build that `bench/tflm_baseline.json`",
        "describes; a ratio is TFLM / mcugen: above 1, mcugen is smaller or faster.",
        "",
        "| model | MACs | flash | constants | code | arena | bound | stack | instructions | per MAC |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in rows:
        stack = "unbounded" if r.stack_bytes is None else f"{r.stack_bytes:,}"
        lines.append(
            f"| {r.name} | {r.macs:,} | {r.flash_bytes:,} | {r.constants_bytes:,} | "
            f"{r.flash_bytes - r.constants_bytes:,} | {r.arena_bytes:,} | "
            f"{r.lower_bound_bytes:,} | {stack} | {r.instructions:,} | {r.instructions / max(r.macs, 1):.2f} |"
        )
    lines += [
        "",
        "## Against TensorFlow Lite Micro with CMSIS-NN, Cortex-M4",
        "",
        "| model | flash (-O3) | flash (smallest TFLM) | arena | instructions |",
        "|---|---:|---:|---:|---:|",
    ]
    ratios: dict[str, list[float]] = {"flash": [], "small": [], "arena": [], "instructions": []}
    for r in rows:
        base = baseline.get(r.name)
        if base is None:
            continue
        cells = {
            "flash": (base["flash_bytes"], r.flash_bytes),
            "small": (base["smallest_flash_bytes"], r.flash_bytes),
            "arena": (base["arena_bytes"], r.arena_bytes),
            "instructions": (base["instructions"], r.instructions),
        }
        texts = []
        for key, (theirs, ours) in cells.items():
            if theirs is None:
                texts.append("not measured")
                continue
            texts.append(f"{theirs / ours:.2f}")
            if r.name in HEADLINE:
                ratios[key].append(theirs / ours)
        lines.append(f"| {r.name} | {' | '.join(texts)} |")
    means = " | ".join(f"**{geometric_mean(v):.2f}**" for v in ratios.values())
    lines.append(
        f"| geometric mean ({len(ratios['flash'])} of the {len(HEADLINE)} headline models) | {means} |"
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    parser.add_argument("--board", default="qemu_m4")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    arguments = parser.parse_args()
    baseline = json.loads((ROOT / "bench" / "tflm_baseline.json").read_text())["models"]
    paths = sorted((ROOT / "examples").glob("*/*.tflite")) + sorted(
        arguments.models.glob("*.tflite")
    )
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for path in paths:
            try:
                rows.append(measure(path, arguments.board, Path(name)))
            except McugenError as error:
                print(f"{path.stem}: {error.message}")
                continue
            print(f"{path.stem}: {rows[-1].instructions:,} instructions (emulator)")
    arguments.output.write_text(report(rows, arguments.board, baseline))
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
