"""What a search writes down and returns: plain frozen data, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SearchEpoch:
    """Figures of one epoch, counted from 1.

    `loss` and `accuracy` are means over steps that trained weights, the architecture's over those
    that trained choices, on examples that weights never see; networks were sampled. `certainty` is
    0 where choices are alike, 1 where all are taken. Costs are expected ones at the epoch's end;
    `used` is the share of the binding budget. What is not defined is None.
    """

    stage: str
    epoch: int
    learning_rate: float
    temperature: float
    loss: float
    accuracy: float | None
    architecture_loss: float | None
    architecture_accuracy: float | None
    certainty: float
    ops: float
    params: float
    flash_bytes: float
    sram_bytes: float
    latency: float | None
    used: float


@dataclass(frozen=True)
class LayerRow:
    """One layer of the widest network, and what was made of it.

    `name` is that in the widest network; `channels` is 0 where the layer's block was left out.
    """

    name: str
    kind: str
    kernel: tuple[int, int]
    shape: tuple[int, ...]
    channels: int
    widest_channels: int
    macs: int
    params: int
    weight_bits: int
    activation_bits: int


@dataclass(frozen=True)
class RankedCandidate:
    """A network that was decoded, and how it did.

    `origin` says how it was decoded, `changes` how many choices were changed to keep and use the
    budgets. `ops`, `params`, `flash_bytes`, `sram_bytes` are predicted. `score` is the task's, on
    validation examples, after `epochs` of training.
    """

    origin: str
    changes: int
    ops: int
    params: int
    flash_bytes: int
    sram_bytes: int
    latency: float | None
    score: float | None
    epochs: int
    chosen: bool


@dataclass(frozen=True)
class Baseline:
    """The network found, or one that was not searched for, all trained from scratch equally long.

    `score` is the task's, on validation examples; None where it is not defined.
    """

    name: str
    ops: int
    params: int
    score: float | None


@dataclass(frozen=True)
class SearchResult:
    """Outcome of `search`.

    `ops`, `params`, `arena_bytes` and `flash_bytes` are of the exported file and of the image that
    was built of it, with random weights; flash is None where nothing could be built. `latency` is
    estimated by the model `latency_unit` is of; both are None without one. `accuracy` is the task's
    score on validation examples, after the short training that ranked candidates. `budgets` and
    `expected`, the probabilities' costs at the end, are by budget.
    """

    name: str
    space: str
    task: str
    board: str
    data: str
    synthetic: bool
    metric: str
    bits: str
    seed: int
    notes: tuple[str, ...]
    layers: tuple[LayerRow, ...]
    candidates: tuple[RankedCandidate, ...]
    baselines: tuple[Baseline, ...]
    history: tuple[SearchEpoch, ...]
    expected: dict[str, float]
    latency_unit: str | None
    folder: Path
    sources: dict[str, str] = field(kw_only=True)
    arch: Path
    model: Path | None
    ops: int
    params: int
    arena_bytes: int
    flash_bytes: int | None
    latency: float | None
    budgets: dict[str, float]
    within_budgets: bool
    accuracy: float | None

    @property
    def measured(self) -> dict[str, float | None]:
        """The figure that each budget bounds."""
        figures: dict[str, float | None] = {
            "ops": self.ops,
            "sram_bytes": self.arena_bytes,
            "flash_bytes": self.flash_bytes,
            "latency": self.latency,
        }
        return {name: figures[name] for name in self.budgets}
