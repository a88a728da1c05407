"""What ADD, SUB, MUL, MAXIMUM and MINIMUM refuse."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.base import REGISTRY, Attributes
from mcugen.ir.ops.elementwise import Add, Maximum, Minimum, Mul, Sub
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor

ALL = (Add(), Sub(), Mul(), Maximum(), Minimum())


@pytest.mark.parametrize("operator", ALL, ids=str)
def test_accepted(operator: Attributes) -> None:
    assert REGISTRY[operator.op] is type(operator)
    assert refused_by(operator, [tensor(), tensor((3,))], [tensor()]) is None
    assert refused_by(operator, [tensor(()), tensor(())], [tensor(())]) is None


@pytest.mark.parametrize("operator", ALL, ids=str)
@pytest.mark.parametrize(
    ("inputs", "output", "constraint"),
    [
        ([], tensor(), "two_inputs"),
        ([tensor()], tensor(), "two_inputs"),
        ([tensor(), None], tensor(), "two_inputs"),
        ([tensor(), tensor()], None, "two_inputs"),
        ([tensor(), tensor(dtype=DType.INT16)], tensor(), "int8_operands"),
        ([tensor(), tensor()], tensor(dtype=DType.FLOAT32), "int8_operands"),
        ([tensor(), tensor(scale=None)], tensor(), "int8_operands"),
        ([tensor(), per_channel()], tensor(), "int8_operands"),
        ([tensor((0,)), tensor((0,))], tensor((0,)), "addressable"),
        ([tensor(), tensor(scale=float("nan"))], tensor(), "valid_quantization"),
        ([tensor(), tensor(zero_point=128)], tensor(), "valid_quantization"),
        ([tensor(), tensor((2,))], tensor(), "broadcast_shapes"),
        ([tensor(), tensor()], tensor((1, 2, 3)), "broadcast_shapes"),
        ([tensor((1,)), tensor((1,))], tensor((4,)), "broadcast_shapes"),
        ([tensor((1,) * 6), tensor(())], tensor((1,) * 6), "broadcast_shapes"),
    ],
)
def test_refused(
    operator: Attributes, inputs: list[Tensor | None], output: Tensor | None, constraint: str
) -> None:
    assert refused_by(operator, inputs, [output]) == constraint


@pytest.mark.parametrize("kind", [Add, Sub, Mul])
def test_activation(kind: type[Add | Sub | Mul]) -> None:
    pair = [tensor(scale=1e-12), tensor(scale=1e-12)]
    assert refused_by(kind("TANH"), pair, [tensor(scale=1e-12)]) == "quantized_activation"
    for activation in ("RELU6", "RELU_N1_TO_1"):
        assert refused_by(kind(activation), pair, [tensor(scale=1e-12)]) == "activation_bounds"
        assert refused_by(kind(activation), pair, [tensor(scale=2.0**-28)]) is None
    assert refused_by(kind("RELU"), pair, [tensor(scale=1e-12)]) is None


@pytest.mark.parametrize("operator", [Add(), Sub()], ids=str)
def test_sum_multipliers_below_one(operator: Attributes) -> None:
    name = "sum_multipliers_below_one"
    small = tensor(scale=2.0**-10)
    assert refused_by(operator, [small, tensor(scale=2.0**9)], [small]) == name
    assert refused_by(operator, [tensor(scale=2.0**8.9), small], [small]) is None


def test_product_fits() -> None:
    one = tensor(scale=1.0)
    assert refused_by(Mul(), [one, tensor(scale=2.0**14)], [one]) == "product_fits"
    assert refused_by(Mul(), [one, tensor(scale=2.0**13)], [one]) is None
    above, below, target = (tensor(scale=s) for s in (1 + 2.0**-23, 1 - 2.0**-23, 2.0**-14))
    assert refused_by(Mul(), [above, below], [target]) == "product_fits"


@pytest.mark.parametrize("operator", [Maximum(), Minimum()], ids=str)
@pytest.mark.parametrize("other", [tensor(scale=0.101), tensor(zero_point=1)])
def test_same_quantization(operator: Attributes, other: Tensor) -> None:
    assert refused_by(operator, [tensor(), other], [tensor()]) == "same_quantization"
    assert refused_by(operator, [tensor(), tensor()], [other]) == "same_quantization"


@pytest.mark.parametrize("kind", [Add, Sub, Mul])
def test_options_round_trip(kind: type[Add | Sub | Mul]) -> None:
    options = {"fused_activation_function": "RELU"}
    assert kind.from_options(options, (), ()) == kind("RELU")
    assert kind("RELU").to_options() == options
