"""Measures models and writes docs/benchmarks.md, benchmarks_layers.md and benchmarks.svg.

    python -m bench.run [--models DIR] [--only NAME]... [--jobs N] [--output DIR]

The models are not part of the project: DIR (default ../shared/models) holds the .tflite files of
the suites that `tflm_baseline.json` names. The example models are always measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.baseline import Baseline, read_baseline
from bench.cycles import build_plugin
from bench.four_bits import write_networks
from bench.layer_page import layer_page
from bench.layers import write_layer
from bench.measure import LEVELS, M0_CODE, Configuration, Figures, measure
from bench.page import M3, M4, M55, Results, page, ratios
from bench.plot import plot
from mcugen.errors import McugenError

ROOT = Path(__file__).resolve().parents[1]
DEFAULT = LEVELS[0]
CONFIGURATIONS = (
    *(Configuration(board, level) for board in (M4, M55) for level in LEVELS),
    *(Configuration(board, DEFAULT) for board in (M3, M0_CODE)),
)
ESTIMATED = Configuration(M4, DEFAULT)
"""Where cycles are estimated."""


def measure_all(
    paths: Iterable[Path], where: Iterable[Configuration], jobs: int
) -> dict[tuple[str, Configuration], Figures]:
    """Every model in every configuration; what fails is told and left out."""
    wanted = [(path, configuration) for path in paths for configuration in where]
    found = {}
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        folder = Path(name)
        plugin = build_plugin(folder)

        def one(job: tuple[Path, Configuration]) -> Figures | McugenError:
            path, configuration = job
            try:
                chosen = plugin if configuration == ESTIMATED else None
                return measure(path, configuration, folder, chosen)
            except McugenError as error:
                return error

        for (path, configuration), outcome in zip(wanted, pool.map(one, wanted), strict=True):
            if isinstance(outcome, McugenError):
                print(f"{path.stem} {configuration}: {outcome.message}", flush=True)
                continue
            found[path.stem, configuration] = outcome
            print(f"{path.stem} {configuration}: {outcome.instructions:,}", flush=True)
    return found


def measure_layers(baseline: Baseline, jobs: int) -> dict[tuple[str, Configuration], Figures]:
    """The baseline's layers, each as a model of its own."""
    with tempfile.TemporaryDirectory() as name:
        paths = {write_layer(layer, Path(name)): layer for layer in baseline.kernels}
        where = [Configuration(board, DEFAULT) for board in (M4, M55)]
        found = measure_all(paths, where, jobs)
    names = {path.stem: layer for path, layer in paths.items()}
    return {(names[stem], where): figures for (stem, where), figures in found.items()}


def measure_networks(jobs: int) -> dict[str, Figures]:
    """The networks of bench/four_bits.py."""
    with tempfile.TemporaryDirectory() as name:
        paths = write_networks(Path(name))
        found = measure_all(paths.values(), [ESTIMATED], jobs)
    stems = {network: path.stem for network, path in paths.items()}
    wanted = {network: (stem, ESTIMATED) for network, stem in stems.items()}
    return {network: found[key] for network, key in wanted.items() if key in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    parser.add_argument("--only", action="append", default=[], help="a model's name; repeatable")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    paths = sorted((ROOT / "examples").glob("*/*.tflite"))
    paths += sorted(arguments.models.glob("*.tflite"))
    if arguments.only:
        paths = [path for path in paths if path.stem in arguments.only]
    baseline = read_baseline()
    results = Results(
        measure_all(paths, CONFIGURATIONS, arguments.jobs),
        measure_layers(baseline, arguments.jobs),
        measure_networks(arguments.jobs),
    )
    cores = {"Cortex-M4": (M4, "m4"), "Cortex-M55": (M55, "m55"), "Cortex-M3": (M3, "m3")}
    cores["Cortex-M0"] = (M0_CODE, "m0")
    series = {title: ratios(results, baseline, *core) for title, core in cores.items()}
    (arguments.output / "benchmarks.md").write_text(page(results, baseline))
    (arguments.output / "benchmarks_layers.md").write_text(layer_page(results, baseline))
    (arguments.output / "benchmarks.svg").write_text(plot(series))
    print(f"wrote {arguments.output}/benchmarks.md, benchmarks_layers.md and benchmarks.svg")


if __name__ == "__main__":
    main()
