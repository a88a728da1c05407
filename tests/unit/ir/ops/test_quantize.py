"""What QUANTIZE and DEQUANTIZE refuse."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.base import REGISTRY
from mcugen.ir.ops.quantize import Dequantize, Quantize
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor

REALS = tensor(scale=None, dtype=DType.FLOAT32)
UNSIGNED = tensor(zero_point=128, dtype=DType.UINT8)


@pytest.mark.parametrize(
    ("source", "target"),
    [(tensor(), tensor()), (tensor(), UNSIGNED), (UNSIGNED, tensor()), (REALS, tensor())],
)
def test_quantize_accepted(source: Tensor, target: Tensor) -> None:
    assert REGISTRY["QUANTIZE"] is Quantize
    assert refused_by(Quantize(), [source], [target]) is None


@pytest.mark.parametrize(
    ("source", "target", "constraint"),
    [
        (None, tensor(), "one_to_one"),
        (UNSIGNED, UNSIGNED, "quantize_types"),
        (REALS, UNSIGNED, "quantize_types"),
        (tensor(), REALS, "quantize_types"),
        (tensor(dtype=DType.INT16), tensor(), "quantize_types"),
        (tensor((0,)), tensor((0,)), "addressable"),
        (tensor(scale=None), tensor(), "integers_quantized"),
        (REALS, tensor(scale=None), "integers_quantized"),
        (tensor(), per_channel(), "integers_quantized"),
        (tensor(), tensor(zero_point=-129), "valid_quantization"),
        (tensor(), tensor((6,)), "same_shape"),
        (tensor(scale=2.0**22), tensor(scale=1.0), "codes_rescaling"),
    ],
)
def test_quantize_refused(source: Tensor | None, target: Tensor, constraint: str) -> None:
    assert refused_by(Quantize(), [source], [target]) == constraint


@pytest.mark.parametrize("source", [tensor(), UNSIGNED])
def test_dequantize_accepted(source: Tensor) -> None:
    assert REGISTRY["DEQUANTIZE"] is Dequantize
    assert refused_by(Dequantize(), [source], [REALS]) is None


@pytest.mark.parametrize(
    ("source", "target", "constraint"),
    [
        (tensor(), None, "one_to_one"),
        (tensor(), tensor(), "dequantize_types"),
        (tensor(dtype=DType.INT16), REALS, "dequantize_types"),
        (tensor((0,)), tensor((0,), None, dtype=DType.FLOAT32), "addressable"),
        (tensor(scale=None), REALS, "integers_quantized"),
        (per_channel(), REALS, "integers_quantized"),
        (tensor(scale=-1.0), REALS, "valid_quantization"),
        (tensor((6,)), REALS, "same_shape"),
    ],
)
def test_dequantize_refused(source: Tensor, target: Tensor | None, constraint: str) -> None:
    assert refused_by(Dequantize(), [source], [target]) == constraint
