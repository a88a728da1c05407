"""What AVERAGE_POOL_2D and MAX_POOL_2D refuse."""

from __future__ import annotations

from typing import Any

import pytest

from mcugen.ir.graph import Tensor
from mcugen.ir.ops.pool import AveragePool2D, MaxPool2D
from tests.unit.ir.ops.operands import refused_by, tensor

OPTIONS: dict[str, Any] = {
    "padding": "SAME",
    "stride_h": 2,
    "stride_w": 1,
    "filter_height": 3,
    "filter_width": 2,
    "fused_activation_function": "NONE",
}
IMAGE, OUTPUT = tensor((1, 6, 5, 4)), tensor((1, 3, 5, 4))
Pool = type[AveragePool2D] | type[MaxPool2D]
both = pytest.mark.parametrize("operator", [AveragePool2D, MaxPool2D])


@both
@pytest.mark.parametrize(
    ("options", "source", "output", "constraint"),
    [
        ({}, IMAGE, OUTPUT, None),
        ({}, IMAGE, None, "one_to_one"),
        ({}, IMAGE, tensor((1, 3, 5, 4), scale=0.11), "same_quantization"),
        ({}, IMAGE, tensor((1, 3, 5, 4), zero_point=1), "same_quantization"),
        ({}, IMAGE, tensor((1, 3, 5, 3)), "output_positions"),
        ({}, IMAGE, tensor((1, 3, 4, 4)), "output_positions"),
        ({"padding": "VALID", "filter_height": 7}, IMAGE, OUTPUT, "output_positions"),
        ({"filter_width": 1 << 15}, IMAGE, OUTPUT, "window_sizes"),
        ({"stride_h": 1 << 15}, IMAGE, OUTPUT, "window_sizes"),
        ({"fused_activation_function": "SIGN_BIT"}, IMAGE, OUTPUT, "quantized_activation"),
        ({}, tensor((2, 6, 5, 4)), tensor((2, 3, 5, 4)), "batch_one"),
    ],
)
def test_constraints(
    operator: Pool,
    options: dict[str, Any],
    source: Tensor,
    output: Tensor | None,
    constraint: str | None,
) -> None:
    attributes = operator.from_options({**OPTIONS, **options}, (source,), (output,))
    assert refused_by(attributes, [source], [output]) == constraint


@both
@pytest.mark.parametrize("inputs", [(), (None,), (tensor((6, 5, 4)),)])
def test_missing_input_raises(operator: Pool, inputs: tuple[Tensor | None, ...]) -> None:
    with pytest.raises(ValueError, match="rank 4"):
        operator.from_options(OPTIONS, inputs, (OUTPUT,))


@both
@pytest.mark.parametrize("option", ["stride_h", "filter_width"])
def test_zero_options_raise(operator: Pool, option: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        operator.from_options({**OPTIONS, option: 0}, (IMAGE,), (OUTPUT,))
