"""What 8 and 4 bits cost in accuracy, over several seeds: the table in docs/training.md.

    python -m bench.training [--seeds 3] [--runs build/training]

A run that is there already is taken as it is, so that an interrupted measurement goes on.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.markdown import table
from mcugen import api
from mcugen.console import Console

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "training.md"
BEGIN, END = "<!-- figures: python -m bench.training -->", "<!-- end of figures -->"

STUDENT = "ds_cnn_s"
TEACHER = "ds_cnn_m"


@dataclass(frozen=True)
class Variant:
    """A way to quantize the same float network."""

    bits: str
    distilled: bool = False

    @property
    def name(self) -> str:
        return f"{self.bits}{' distilled' if self.distilled else ''}"


VARIANTS = (
    Variant("w8a8"),
    Variant("w4a8"),
    Variant("w4a8", distilled=True),
    Variant("w4a4"),
    Variant("w4a4", distilled=True),
)


def measure(seed: int, runs: Path, console: Console) -> dict[str, Any]:
    """The reports of a seed's runs, by variant's name; "teacher" is the same for all seeds."""
    teacher = runs / TEACHER
    reports = {"teacher": _run(TEACHER, teacher, console, qat_epochs=0)}
    first = runs / f"{STUDENT}-{VARIANTS[0].name}-{seed}"
    for variant in VARIANTS:
        folder = runs / f"{STUDENT}-{variant.name.replace(' ', '-')}-{seed}"
        reports[variant.name] = _run(
            STUDENT,
            folder,
            console,
            seed=seed,
            bits=variant.bits,
            distill_from=teacher if variant.distilled else None,
            checkpoint=None if folder == first else first,
        )
    return reports


def _run(architecture: str, folder: Path, console: Console, **options: Any) -> Any:
    report = folder / "report.json"
    if not report.is_file():
        console.note(f"{folder.name}")
        with console.progress() as progress:
            api.train(architecture, "kws", output=folder, resume=True, progress=progress, **options)
    return json.loads(report.read_text(encoding="utf-8"))


def figures(reports: Sequence[dict[str, Any]]) -> str:
    """The table: means over seeds, and the spread from the lowest to the highest."""

    def scores(name: str, key: str) -> list[float]:
        return [100 * r[name][key] for r in reports if r[name][key] is not None]

    rows = []
    floats = scores(VARIANTS[0].name, "accuracy_float")
    for variant in VARIANTS:
        tflm = scores(variant.name, "accuracy_tflm")
        differences = [a - b for a, b in zip(tflm, floats, strict=True)]
        lost = [a - b for a, b in zip(tflm, scores(variant.name, "accuracy_qat"), strict=True)]
        agreement = scores(variant.name, "argmax_agreement")
        rows.append(
            [
                variant.name,
                _spread(scores(variant.name, "accuracy_ptq")),
                _spread(scores(variant.name, "accuracy_qat")),
                _spread(tflm),
                f"{statistics.mean(differences):+.2f}",
                f"{min(lost, key=abs):+.2f} … {max(lost, key=abs):+.2f}",
                f"{min(agreement):.1f} %",
            ]
        )
    head = ["bits", "PTQ", "QAT graph", "file in TFLM", "against float", "file − graph", "argmax"]
    data = reports[0]["teacher"]
    return "\n\n".join(
        [
            f"{STUDENT}, {len(reports)} seeds, {data['examples']['train']:,} training and "
            f"{data['examples']['test']:,} test examples of *synthetic* keywords. Accuracy in %, "
            "mean (lowest … highest).",
            f"Float: {_spread(floats)}. Teacher, {TEACHER}, float: "
            f"{100 * data['accuracy_float']:.2f}, the same for all seeds.",
            table(head, rows),
        ]
    )


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.2f} ({min(values):.2f} … {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=ROOT / "build" / "training")
    arguments = parser.parse_args()
    console = Console()
    reports = [measure(seed, arguments.runs, console) for seed in range(arguments.seeds)]
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"{before}{BEGIN}\n\n{figures(reports)}\n\n{END}{after}"
    DOCUMENT.write_text(text, encoding="utf-8")
    print(figures(reports))


if __name__ == "__main__":
    main()
