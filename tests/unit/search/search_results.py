"""A search's result made by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from mcugen.search.results import Baseline, LayerRow, RankedCandidate, SearchEpoch, SearchResult


def search_result(name: str = "kws", **changes: object) -> SearchResult:
    """A plausible one; `name` stands wherever a name can."""
    result = SearchResult(
        name=name,
        space=name,
        task="kws",
        board="nucleo_f446re",
        data=f"keywords by {name}",
        synthetic=True,
        metric="accuracy",
        bits="8",
        seed=3,
        notes=(f"{name}: 3 files are no WAV",),
        layers=(
            LayerRow(name, "CONV_2D", (10, 4), (49, 10, 64), 64, 276, 1_254_400, 2_624, 8, 8),
            LayerRow("ds_4.pointwise", "CONV_2D", (1, 1), (25, 5, 276), 0, 276, 0, 0, 8, 8),
        ),
        candidates=(
            RankedCandidate("expected widths", 2, 9_900, 5_000, 80_000, 9_000, None, 0.81, 4, True),
            RankedCandidate(name, 0, 9_800, 5_100, 81_000, 9_100, None, None, 4, False),
        ),
        baselines=(Baseline(name, 9_950, 5_050, 0.8),),
        history=tuple(_epoch(i) for i in range(1, 6)),
        expected={"ops": 9_912.5, "sram_bytes": 8_990.0, "flash_bytes": 79_000.0},
        latency_unit=None,
        folder=Path("runs/x"),
        sources={
            key: "static" for key in ("ops", "params", "arena_bytes", "flash_bytes", "accuracy")
        },
        arch=Path("runs/x/arch.json"),
        model=Path("runs/x/model.tflite"),
        ops=9_900,
        params=5_000,
        arena_bytes=9_000,
        flash_bytes=80_000,
        latency=None,
        budgets={"ops": 10_000.0, "sram_bytes": 98_304.0, "flash_bytes": 409_600.0},
        within_budgets=True,
        accuracy=0.81,
    )
    return dataclasses.replace(result, **changes)


def _epoch(i: int) -> SearchEpoch:
    searching = i > 1
    return SearchEpoch(
        stage="search" if searching else "warm-up",
        epoch=i,
        learning_rate=1e-3 / i,
        temperature=3.0 / i,
        loss=2.0 / i,
        accuracy=1 - 0.9 / i,
        architecture_loss=2.1 / i if searching else None,
        architecture_accuracy=1 - 0.95 / i if searching else None,
        certainty=0.1 * i,
        ops=10_000.0,
        params=5_000.0,
        flash_bytes=79_000.0,
        sram_bytes=8_990.0,
        latency=None,
        used=1.0,
    )
