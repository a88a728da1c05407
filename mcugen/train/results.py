"""What training returns: plain frozen data, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Epoch:
    """Figures of one epoch, counted from 1.

    `learning_rate` is that of its last step. `loss` and `accuracy` are means over its training
    steps, of the network as it changed; the validation's are of the network at its end. Accuracies
    are None where no labels are trained on, the score where it is not defined.
    """

    stage: str
    epoch: int
    learning_rate: float
    loss: float
    accuracy: float | None
    validation_loss: float
    validation_score: float | None


@dataclass(frozen=True)
class Finding:
    """Something wrong with a layer of a network that trains all the same."""

    layer: str
    problem: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.problem}"


@dataclass(frozen=True)
class LayerAgreement:
    """How a layer's codes in the exported file, under TFLM, compare with the training graph's.

    `max_difference` is in codes, `equal` the share of codes that are the same.
    """

    name: str
    op: str
    max_difference: int
    equal: float


@dataclass(frozen=True)
class TrainResult:
    """Outcome of `train`.

    `accuracy_*` are the task's score, named by `metric`, on its whole test set: of the float
    network, of the quantized one before and after quantization-aware training, and of the exported
    file as TFLM executes it. `confusion` [true class][found class] counts test examples in TFLM;
    None where the network does not classify. `best_epochs` maps stages to the epoch whose weights
    were kept. `report_sha256` is of the report's `record`, and is written into the model.
    """

    name: str
    task: str
    data: str
    synthetic: bool
    bits: str
    seed: int
    metric: str
    teacher: str | None
    accuracy_teacher: float | None
    examples: dict[str, int]
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    history: tuple[Epoch, ...]
    best_epochs: dict[str, int]
    findings: tuple[Finding, ...]
    layers: tuple[LayerAgreement, ...]
    argmax_agreement: float | None
    agreement_examples: int
    model_bytes: int
    weights_bytes: int
    arena_bytes: int
    model_sha256: str
    report_sha256: str
    folder: Path
    notes: tuple[str, ...]
    sources: dict[str, str] = field(kw_only=True)
    model: Path
    accuracy_float: float
    accuracy_ptq: float
    accuracy_qat: float | None
    accuracy_tflm: float
    macs: int
    params: int
