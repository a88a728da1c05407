"""What SOFTMAX refuses."""

from __future__ import annotations

import math

import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.base import REGISTRY
from mcugen.ir.ops.softmax import Softmax
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor


def result(shape: tuple[int, ...] = (2, 3)) -> Tensor:
    return tensor(shape, scale=1 / 256, zero_point=-128)


def test_accepted() -> None:
    assert REGISTRY["SOFTMAX"] is Softmax
    assert refused_by(Softmax(), [tensor()], [result()]) is None
    assert refused_by(Softmax(), [tensor((4095,))], [result((4095,))]) is None


@pytest.mark.parametrize(
    ("inputs", "output", "constraint"),
    [
        ([], result(), "one_to_one"),
        ([tensor(dtype=DType.INT16)], result(), "int8_activations"),
        ([tensor()], tensor(dtype=DType.INT16), "int8_activations"),
        ([tensor((2, 0))], result((2, 0)), "addressable"),
        ([per_channel()], result(), "per_tensor_activations"),
        ([tensor(scale=math.nan)], result(), "valid_quantization"),
        ([tensor()], result((3, 2)), "same_shape"),
        ([tensor(())], result(()), "bounded_depth"),
        ([tensor((4096,))], result((4096,)), "bounded_depth"),
        ([tensor()], tensor(), "logistic_output"),
    ],
)
def test_refused(inputs: list[Tensor | None], output: Tensor, constraint: str) -> None:
    assert refused_by(Softmax(), inputs, [output]) == constraint


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan, math.inf, 2.0**-26])
def test_moderate_beta(beta: float) -> None:
    assert refused_by(Softmax(beta), [tensor(scale=1.0)], [result()]) == "moderate_beta"


def test_options_round_trip() -> None:
    assert Softmax.from_options({"beta": 0.5}, (), ()) == Softmax(0.5)
    assert Softmax(0.5).to_options() == {"beta": 0.5}
