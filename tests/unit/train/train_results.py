"""A training's result made by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from mcugen.train.results import Epoch, Finding, LayerAgreement, TrainResult


def train_result(name: str = "ds_cnn_s", **changes: object) -> TrainResult:
    """A plausible one; `name` stands wherever a name can."""
    result = TrainResult(
        name=name,
        task="kws",
        data=f"keywords by {name}",
        synthetic=True,
        bits="w4a8",
        seed=3,
        metric="accuracy",
        teacher=name,
        accuracy_teacher=0.86,
        examples={"train": 14_400, "validation": 1_200, "test": 1_000},
        classes=("silence", name, "yes"),
        confusion=((300, 10, 20), (0, 320, 0), (30, 20, 300)),
        history=tuple(_history()),
        best_epochs={"float": 8, "qat": 3},
        findings=(Finding(name, "dead: 3 of 64 channels (1, 2, 9)"),),
        layers=(
            LayerAgreement("input", "INPUT", 0, 1.0),
            LayerAgreement(name, "CONV_2D", 1, 0.99921),
        ),
        argmax_agreement=0.998,
        agreement_examples=500,
        model_bytes=24_200,
        weights_bytes=11_000,
        arena_bytes=16_000,
        model_sha256="ab" * 32,
        report_sha256="cd" * 32,
        folder=Path("runs/x"),
        notes=(f"{name}: 3 files are no WAV",),
        sources={
            key: "measured"
            for key in (
                *("accuracy_float", "accuracy_ptq", "accuracy_qat", "accuracy_tflm"),
                *("macs", "params", "arena_bytes"),
            )
        },
        model=Path("runs/x") / "model.tflite",
        accuracy_float=0.821,
        accuracy_ptq=0.748,
        accuracy_qat=0.822,
        accuracy_tflm=0.92,
        macs=2_656_768,
        params=22_604,
    )
    return dataclasses.replace(result, **changes)


def _history() -> list[Epoch]:
    epochs = [
        Epoch("float", i, 2e-3 / i, 2.4 / i, 1 - 0.9 / i, 2.5 / i, 1 - 0.92 / i)
        for i in range(1, 9)
    ]
    return epochs + [Epoch("qat", i, 1e-3 / i, 0.5 / i, 0.9, 0.4, 0.9) for i in range(1, 5)]
