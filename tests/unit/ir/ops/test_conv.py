"""What CONV_2D and DEPTHWISE_CONV_2D refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mcugen.ir.graph import DType, Quantization, Tensor
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor

OPTIONS: dict[str, Any] = {
    "padding": "SAME",
    "stride_h": 2,
    "stride_w": 1,
    "dilation_h_factor": 1,
    "dilation_w_factor": 2,
    "fused_activation_function": "RELU",
    "depth_multiplier": 2,
}
IMAGE, OUTPUT = tensor((1, 6, 5, 4)), tensor((1, 3, 5, 8))


def constant(
    shape: tuple[int, ...],
    value: int = 1,
    dtype: DType = DType.INT8,
    scales: tuple[float, ...] = (0.1,),
    zero_point: int = 0,
    axis: int = 0,
) -> Tensor:
    quantization = Quantization(scales, (zero_point,) * len(scales), axis)
    return Tensor("c", shape, dtype, quantization, np.full(shape, value, dtype.numpy))


WEIGHTS = {Conv2D: (8, 3, 3, 4), DepthwiseConv2D: (1, 3, 3, 8)}
Conv = type[Conv2D] | type[DepthwiseConv2D]
both = pytest.mark.parametrize("operator", [Conv2D, DepthwiseConv2D])


def bias(elements: int = 8, value: int = 0) -> Tensor:
    return constant((elements,), value, DType.INT32)


@both
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT4])
@pytest.mark.parametrize("rest", [(), (None,), (bias(),)])
def test_accepted(operator: Conv, dtype: DType, rest: tuple[Tensor | None, ...]) -> None:
    inputs = (IMAGE, constant(WEIGHTS[operator], dtype=dtype), *rest)
    attributes = operator.from_options(OPTIONS, inputs, (OUTPUT,))
    assert refused_by(attributes, inputs, [OUTPUT]) is None


def test_groups_accepted() -> None:
    inputs = (IMAGE, constant((8, 3, 3, 2)))
    attributes = Conv2D.from_options(OPTIONS, inputs, (OUTPUT,))
    assert refused_by(attributes, inputs, [OUTPUT]) is None


@both
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"inputs": []}, "weights_arity"),
        ({"outputs": []}, "weights_arity"),
        ({0: None}, "weights_arity"),
        ({0: replace(IMAGE, dtype=DType.INT16)}, "int8_activations"),
        ({0: tensor((6, 5, 4))}, "rank_four"),
        ({0: tensor((0, 6, 5, 4))}, "addressable"),
        ({0: tensor((2, 6, 5, 4))}, "batch_one"),
        ({0: tensor((1, 6, 5, 4), scale=None)}, "per_tensor_activations"),
        ({0: per_channel((1, 6, 5, 4))}, "per_tensor_activations"),
        ({0: tensor((1, 6, 5, 4), zero_point=128)}, "valid_quantization"),
        ({"output": tensor((1, 3, 5, 8), scale=0.0)}, "valid_quantization"),
        ({2: replace(bias(), data=None)}, "constant_weights"),
        ({2: constant((8,))}, "constant_weights"),
        ({2: bias(7)}, "channels_agree"),
        ({"output": tensor((1, 3, 4, 8))}, "output_positions"),
        ({"output": tensor((1, 3, 5, 6))}, "channels_agree"),
        ({0: tensor((1, 6, 5, 3))}, "channels_agree"),
        ({2: bias(value=-(2**31))}, "accumulator_fits"),
        ({"output": tensor((1, 3, 5, 8), scale=1e-12)}, "accumulator_fits"),
    ],
    ids=str,
)
def test_refused(operator: Conv, change: dict[Any, Any], constraint: str) -> None:
    inputs = [IMAGE, constant(WEIGHTS[operator]), bias()]
    attributes = operator.from_options(OPTIONS, tuple(inputs), (OUTPUT,))
    for position in (0, 2):
        inputs[position] = change.get(position, inputs[position])
    outputs = change.get("outputs", [change.get("output", OUTPUT)])
    assert refused_by(attributes, change.get("inputs", inputs), outputs) == constraint


@both
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"data": None}, "constant_weights"),
        ({"dtype": DType.UINT8}, "constant_weights"),
        ({"quantization": None}, "symmetric_weights"),
        ({"quantization": Quantization((0.1,), (1,))}, "symmetric_weights"),
        ({"quantization": Quantization((0.1,) * 7, (0,) * 7)}, "symmetric_weights"),
        ({"quantization": Quantization((0.1,) * 8, (0,) * 8, 1)}, "symmetric_weights"),
        ({"quantization": Quantization((), ())}, "symmetric_weights"),
        ({"quantization": Quantization((-0.1,), (0,))}, "valid_quantization"),
        ({"quantization": Quantization((float("nan"),), (0,))}, "valid_quantization"),
    ],
    ids=str,
)
def test_weights_refused(operator: Conv, change: dict[str, Any], constraint: str) -> None:
    inputs = (IMAGE, constant(WEIGHTS[operator]))
    attributes = operator.from_options(OPTIONS, inputs, (OUTPUT,))
    assert refused_by(attributes, [IMAGE, replace(inputs[1], **change)], [OUTPUT]) == constraint


@both
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"fused_activation_function": "TANH"}, "quantized_activation"),
        ({"stride_w": 1 << 15}, "window_sizes"),
        ({"dilation_w_factor": 1 << 20}, "window_sizes"),
        ({"stride_h": 1}, "output_positions"),
        ({"padding": "VALID"}, "output_positions"),
    ],
    ids=str,
)
def test_options_refused(operator: Conv, change: dict[str, Any], constraint: str) -> None:
    inputs = (IMAGE, constant(WEIGHTS[operator]))
    attributes = operator.from_options({**OPTIONS, **change}, inputs, (OUTPUT,))
    assert refused_by(attributes, inputs, [OUTPUT]) == constraint


def test_wrong_depth_multiplier_is_refused() -> None:
    inputs = (IMAGE, constant(WEIGHTS[DepthwiseConv2D]))
    options = {**OPTIONS, "depth_multiplier": 1}
    attributes = DepthwiseConv2D.from_options(options, inputs, (OUTPUT,))
    assert refused_by(attributes, inputs, [OUTPUT]) == "channels_agree"


@both
@pytest.mark.parametrize("option", ["stride_h", "stride_w", "dilation_h_factor"])
def test_zero_options_raise(operator: Conv, option: str) -> None:
    inputs = (IMAGE, constant(WEIGHTS[operator]))
    with pytest.raises(ValueError, match="at least 1"):
        operator.from_options({**OPTIONS, option: 0}, inputs, (OUTPUT,))


@both
@pytest.mark.parametrize("inputs", [(), (IMAGE,), (None, IMAGE), (tensor((3,)), IMAGE)])
def test_missing_operands_raise(operator: Conv, inputs: tuple[Tensor | None, ...]) -> None:
    with pytest.raises(ValueError, match="rank 4"):
        operator.from_options(OPTIONS, inputs, (OUTPUT,))
