"""What `characterize` returns: plain frozen data. Needs no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcugen.search.latency import Label, Unit
from mcugen.search.proxy import GroupFigures, Line


@dataclass(frozen=True)
class NetworkFigures:
    """One network: operations that ran, what they took, and what the latency model says of it."""

    number: int
    ops: int
    params: int
    taken: float
    predicted: float | None


@dataclass(frozen=True)
class CharacterizeResult:
    """Outcome of `characterize`.

    `samples` were measured; `failed` says of each network that was not, why. `left_out_share` are
    the operations of the files that did not run, for random weights leave channels constant. `line`
    is of what was taken, in `unit`, against operations that ran. `model_r2` and `model_error` (the
    median relative error on networks that a fit has not seen) are of `latency_model`; all three are
    None for too few networks.
    """

    space: str
    board: str
    runtime: str
    bits: str
    seed: int
    unit: Unit
    label: Label
    samples: int
    failed: tuple[str, ...]
    ops_least: int
    ops_most: int
    left_out_share: float
    line: Line
    groups: tuple[GroupFigures, ...]
    model_r2: float | None
    model_error: float | None
    networks: tuple[NetworkFigures, ...]
    notes: tuple[str, ...]
    folder: Path
    samples_csv: Path
    plot: Path
    latency_model: Path | None
    sources: dict[str, str]
