"""What FULLY_CONNECTED refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mcugen.ir.graph import DType, Quantization, Tensor
from mcugen.ir.ops.fully_connected import FullyConnected
from tests.unit.ir.ops.operands import refused_by, tensor

WEIGHTS = Tensor(
    "w", (3, 8), DType.INT8, Quantization((0.1,), (0,)), np.full((3, 8), -128, np.int8)
)
BIAS = Tensor("b", (3,), DType.INT32, Quantization((0.01,), (0,)), np.ones(3, np.int32))


@pytest.mark.parametrize("source", [(1, 8), (8,), (2, 2, 2), (2, 4, 2)])
@pytest.mark.parametrize("rest", [(), (None,), (BIAS,)])
def test_accepted(source: tuple[int, ...], rest: tuple[Tensor | None, ...]) -> None:
    inputs = [tensor(source), WEIGHTS, *rest]
    output = tensor((int(np.prod(source)) // 8, 3))
    assert refused_by(FullyConnected(), inputs, [output]) is None


PER_CHANNEL = replace(WEIGHTS, quantization=Quantization((0.1, 0.2, 0.3), (0, 0, 0)))


def test_per_channel_accepted() -> None:
    inputs = [tensor((1, 8)), PER_CHANNEL, replace(BIAS, quantization=None)]
    assert refused_by(FullyConnected(), inputs, [tensor((1, 3))]) is None


@pytest.mark.parametrize(
    ("inputs", "output", "constraint"),
    [
        ([tensor((1, 8))], tensor((1, 3)), "weights_arity"),
        ([tensor((1, 8)), None], tensor((1, 3)), "weights_arity"),
        ([tensor((1, 8)), tensor((3, 8))], tensor((1, 3)), "constant_weights"),
        ([tensor((1, 9)), WEIGHTS], tensor((1, 3)), "rows_agree"),
        ([tensor((2, 8)), WEIGHTS], tensor((1, 3)), "rows_agree"),
        ([tensor((1, 8)), WEIGHTS], tensor((3, 1)), "rows_agree"),
        ([tensor((1, 8)), WEIGHTS], tensor(()), "rows_agree"),
        ([tensor((1, 8)), WEIGHTS, replace(BIAS, shape=(4,))], tensor((1, 3)), "rows_agree"),
        (
            [tensor((1, 8)), WEIGHTS, replace(BIAS, quantization=Quantization((1.0,), (0,)))],
            tensor((1, 3)),
            "bias_scale_agrees",
        ),
        ([tensor((1, 8)), WEIGHTS], tensor((1, 3), scale=1e-9), "accumulator_fits"),
    ],
)
def test_refused(inputs: list[Tensor | None], output: Tensor, constraint: str) -> None:
    assert refused_by(FullyConnected(), inputs, [output]) == constraint


def test_weights_of_other_layouts_are_refused() -> None:
    inputs, outputs = [tensor((1, 8)), WEIGHTS], [tensor((1, 3))]
    attributes = FullyConnected(weights_format="SHUFFLED4x16INT8")
    assert refused_by(attributes, inputs, outputs) == "plain_weights"
    assert WEIGHTS.data is not None
    deep = replace(WEIGHTS, shape=(3, 2, 4), data=WEIGHTS.data.reshape(3, 2, 4))
    assert refused_by(FullyConnected(), [inputs[0], deep], outputs) == "plain_weights"
