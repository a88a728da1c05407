"""What SVDF refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mcugen.ir.graph import DType, Quantization, Tensor
from mcugen.ir.ops.svdf import Svdf
from tests.unit.ir.ops.operands import per_channel, refused_by, tensor

OPTIONS = {"rank": 2, "fused_activation_function": "RELU", "variable": 0}


def constant(shape: tuple[int, ...], dtype: DType, scale: float = 0.1) -> Tensor:
    quantization = Quantization((scale,), (0,))
    return Tensor("c", shape, dtype, quantization, np.ones(shape, dtype.numpy))


STATE = tensor((1, 20), dtype=DType.INT16)
INPUTS = (
    tensor((1, 3)),
    constant((4, 3), DType.INT8),
    constant((4, 5), DType.INT16),
    constant((2,), DType.INT32, 0.01),
)
OUTPUT = tensor((1, 2))


def test_accepted() -> None:
    attributes = Svdf.from_options(OPTIONS, (*INPUTS, STATE), (OUTPUT,))
    assert attributes.state_shape == (1, 20)
    assert refused_by(attributes, INPUTS, [OUTPUT]) is None
    assert attributes.to_options() == {"rank": 2, "fused_activation_function": "RELU"}


@pytest.mark.parametrize(
    ("position", "change", "constraint"),
    [
        (0, None, "svdf_arity"),
        (3, None, "svdf_arity"),
        (0, replace(INPUTS[0], data=np.zeros((1, 3), np.int8)), "svdf_types"),
        (1, tensor((4, 3)), "svdf_types"),
        (2, constant((4, 5), DType.INT8), "svdf_types"),
        (0, tensor((2, 3)), "svdf_shapes"),
        (0, tensor((3,)), "svdf_shapes"),
        (1, constant((5, 3), DType.INT8), "svdf_shapes"),
        (2, constant((4, 6), DType.INT16), "svdf_shapes"),
        (3, constant((3,), DType.INT32), "svdf_shapes"),
        (0, per_channel((1, 3)), "per_tensor_activations"),
        (1, replace(INPUTS[1], quantization=Quantization((0.1,), (3,))), "svdf_quantization"),
        (1, replace(INPUTS[1], quantization=None), "svdf_quantization"),
        (3, constant((2,), DType.INT32, 0.02), "svdf_bias_scale"),
        (1, constant((4, 3), DType.INT8, 1e9), "svdf_features_fit"),
    ],
)
def test_refused(position: int, change: Tensor | None, constraint: str) -> None:
    attributes = Svdf.from_options(OPTIONS, (*INPUTS, STATE), (OUTPUT,))
    inputs: list[Tensor | None] = list(INPUTS)
    inputs[position] = change
    assert refused_by(attributes, inputs, [OUTPUT]) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"rank": 0}, "svdf_shapes"),
        ({"rank": 3}, "svdf_shapes"),
        ({"state_shape": (1, 21)}, "svdf_shapes"),
        ({"state_dtype": "int8"}, "svdf_types"),
        ({"state_scale": 0.0}, "svdf_quantization"),
        ({"state_zero_point": 1}, "svdf_quantization"),
    ],
    ids=str,
)
def test_attributes_refused(change: dict[str, Any], constraint: str) -> None:
    attributes = replace(Svdf.from_options(OPTIONS, (*INPUTS, STATE), (OUTPUT,)), **change)
    assert refused_by(attributes, INPUTS, [OUTPUT]) == constraint


@pytest.mark.parametrize(
    "state", [None, constant((1, 20), DType.INT16), per_channel((1, 20)), tensor(scale=None)]
)
def test_bad_state_raises(state: Tensor | None) -> None:
    with pytest.raises(ValueError, match=r"state|fifth"):
        Svdf.from_options(OPTIONS, (*INPUTS, state), (OUTPUT,))
