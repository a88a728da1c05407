"""TensorFlow Lite Micro's figures, as tflm_baseline.json has them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADLINE = (
    *("kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"),
    *("kws_micronet_s", "kws_micronet_m", "vww2_50_50_INT8", "person_detect"),
)
"""The eight models over which geometric means are taken."""

TFLM_LEVELS = {"m4": "O3", "m55": "O3", "m3": "O2", "m0": "O2"}
"""TFLM's level in comparisons; its reference kernels execute more at -O3 than at -O2."""


@dataclass(frozen=True)
class Baseline:
    """`models` and `kernels` are the file's objects; `about` says how each figure was made."""

    about: dict[str, str]
    models: dict[str, dict[str, Any]]
    kernels: dict[str, dict[str, int]]

    def instructions(self, model: str, core: str, level: str | None = None) -> int | None:
        """Of one inference, at the level of `TFLM_LEVELS` by default; None where not measured."""
        counts = self.models.get(model, {}).get("instructions", {}).get(core, {})
        count = counts.get(level or TFLM_LEVELS[core])
        return None if count is None else int(count)

    def figure(self, model: str, name: str, level: str = "O3") -> int | None:
        """Another figure that depends on the level, such as code_bytes."""
        value = self.models.get(model, {}).get(name, {}).get(level)
        return None if value is None else int(value)


def read_baseline() -> Baseline:
    """The file beside this one."""
    text = Path(__file__).with_name("tflm_baseline.json").read_text(encoding="utf-8")
    return Baseline(**json.loads(text))


def geometric_mean(values: Iterable[float]) -> float:
    """NaN if there are none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan
