"""What LOGISTIC, TANH, RELU, RELU6, LEAKY_RELU and HARD_SWISH refuse."""

from __future__ import annotations

import math

import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.activations import HardSwish, LeakyRelu, Logistic, Relu, Relu6, Tanh
from mcugen.ir.ops.base import REGISTRY, Attributes
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor

OUTPUTS = {
    Logistic(): tensor(scale=1 / 256, zero_point=-128),
    Tanh(): tensor(scale=1 / 128),
    Relu(): tensor(scale=0.2, zero_point=5),
    Relu6(): tensor(),
    LeakyRelu(-0.5): tensor(scale=0.2),
    HardSwish(): tensor(scale=0.2),
}


@pytest.mark.parametrize("operator", OUTPUTS, ids=str)
def test_accepted(operator: Attributes) -> None:
    assert REGISTRY[operator.op] is type(operator)
    assert refused_by(operator, [tensor()], [OUTPUTS[operator]]) is None


@pytest.mark.parametrize("operator", OUTPUTS, ids=str)
@pytest.mark.parametrize(
    ("inputs", "outputs", "constraint"),
    [
        ([], [tensor()], "one_to_one"),
        ([None], [tensor()], "one_to_one"),
        ([tensor()], [], "one_to_one"),
        ([tensor(), tensor()], [tensor()], "one_to_one"),
        ([tensor(dtype=DType.INT16)], [tensor()], "int8_activations"),
        ([tensor()], [tensor(dtype=DType.UINT8)], "int8_activations"),
        ([tensor((2, 0))], [tensor((2, 0))], "addressable"),
        ([tensor(scale=None)], [tensor()], "per_tensor_activations"),
        ([tensor()], [per_channel()], "per_tensor_activations"),
        ([tensor(scale=0.0)], [tensor()], "valid_quantization"),
        ([tensor()], [tensor(scale=math.inf)], "valid_quantization"),
        ([tensor()], [tensor((3, 2))], "same_shape"),
    ],
)
def test_refused(
    operator: Attributes,
    inputs: list[Tensor | None],
    outputs: list[Tensor | None],
    constraint: str,
) -> None:
    assert refused_by(operator, inputs, outputs) == constraint


@pytest.mark.parametrize("operator", [Logistic(), Tanh(), Relu6()], ids=str)
@pytest.mark.parametrize("scale", [2.0**-29, 2.0**30])
def test_moderate_input_scale(operator: Attributes, scale: float) -> None:
    output = tensor(scale=scale) if operator == Relu6() else OUTPUTS[operator]
    assert refused_by(operator, [tensor(scale=scale)], [output]) == "moderate_input_scale"


@pytest.mark.parametrize("scale, zero_point", [(1 / 256, 0), (1 / 128, -128), (0.0039, -128)])
def test_fixed_outputs(scale: float, zero_point: int) -> None:
    output = tensor(scale=scale, zero_point=zero_point)
    assert refused_by(Logistic(), [tensor()], [output]) == "logistic_output"
    assert refused_by(Tanh(), [tensor()], [output]) == "tanh_output"


def test_same_quantization() -> None:
    assert refused_by(Relu6(), [tensor()], [tensor(scale=0.2)]) == "unscaled_relu6"


@pytest.mark.parametrize("operator", [Relu(), LeakyRelu(0.1)], ids=str)
def test_moderate_rescaling(operator: Attributes) -> None:
    output = [tensor(scale=1.0)]
    assert refused_by(operator, [tensor(scale=2.0**22)], output) == "moderate_rescaling"
    assert refused_by(operator, [tensor(scale=2.0**21)], output) is None


@pytest.mark.parametrize("alpha", [math.nan, math.inf, -math.inf, 2.0**22, -(2.0**22)])
def test_moderate_alpha(alpha: float) -> None:
    assert refused_by(LeakyRelu(alpha), [tensor()], [tensor()]) == "moderate_alpha"


@pytest.mark.parametrize(
    ("source", "target"), [(2.0**-22, 2.0**-22), (2.0**22, 2.0**22), (128.0, 1.0), (1.0, 257.0)]
)
def test_hard_swish_scales(source: float, target: float) -> None:
    found = refused_by(HardSwish(), [tensor(scale=source)], [tensor(scale=target)])
    assert found == "hard_swish_scales"


def test_options_round_trip() -> None:
    assert LeakyRelu.from_options({"alpha": 0.25}, (), ()) == LeakyRelu(0.25)
    assert LeakyRelu(0.25).to_options() == {"alpha": 0.25}
