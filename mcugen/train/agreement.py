"""Whether an exported file computes what the training graph computes, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.oracle_process import IsolatedOracle
from mcugen.progress import Progress, silent
from mcugen.tflite.reader import read_model
from mcugen.train.execute import Codes, each_in_tflm
from mcugen.train.results import LayerAgreement


@dataclass(frozen=True)
class Agreement:
    """Each layer in execution order, and the share of `examples` whose largest logit is the same.

    Logits are what the last of the layers gives.
    """

    layers: tuple[LayerAgreement, ...]
    argmax: float
    examples: int


def agreement(
    quantized: Any,
    model_bytes: bytes,
    features: npt.NDArray[np.float32],
    *,
    processes: int | None = None,
    progress: Progress = silent,
) -> Agreement:
    """Compares a quantized model, on real inputs, with its file in TFLM.

    Differences are those of the whole networks: they include what earlier layers handed on.
    """
    from mcugen.train.qat import layer_codes

    codes = layer_codes(quantized, features)
    return compare(codes, model_bytes, processes=processes, progress=progress)


def compare(
    codes: Mapping[str, Codes],
    model_bytes: bytes,
    *,
    processes: int | None = None,
    progress: Progress = silent,
) -> Agreement:
    """Compares `codes` [n, *shape], by the tensors' names, with what TFLM computes.

    They begin with the input's; tensors that `codes` does not have are not compared.
    """
    graph = read_model(model_bytes, "model").graph
    inputs = codes[graph.tensors[graph.inputs[0]].name]
    layers = [(x.operator.name, x.output()) for x in graph if x.output().name in codes]

    def differences(
        oracle: IsolatedOracle, example: int
    ) -> tuple[list[npt.NDArray[np.int64]], bool]:
        oracle.run([inputs[example : example + 1]])
        found = [oracle.intermediate(tensor.source_index) for _, tensor in layers]
        expected = [codes[tensor.name][example : example + 1] for _, tensor in layers]
        same = int(found[-1].argmax()) == int(expected[-1].argmax())
        return [np.abs(a.astype(int) - b) for a, b in zip(found, expected, strict=True)], same

    most = [0] * len(layers)
    equal = [0] * len(layers)
    agreeing = 0
    results = each_in_tflm(
        model_bytes, range(len(inputs)), differences, processes=processes, progress=progress
    )
    for layer_differences, same in results:
        agreeing += same
        for i, difference in enumerate(layer_differences):
            most[i] = max(most[i], int(difference.max()))
            equal[i] += int(np.count_nonzero(difference == 0))
    return Agreement(
        tuple(
            LayerAgreement(tensor.name, op, most[i], equal[i] / codes[tensor.name].size)
            for i, (op, tensor) in enumerate(layers)
        ),
        agreeing / len(inputs),
        len(inputs),
    )
