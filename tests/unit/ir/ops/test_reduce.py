"""What MEAN refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.reduce import Mean
from tests.unit.ir.ops.operands import refused_by, tensor


def axes_tensor(*axes: int) -> Tensor:
    return Tensor("axes", (len(axes),), DType.INT32, None, np.array(axes, np.int32))


@pytest.mark.parametrize(
    ("axes", "keep_dims", "shape", "output", "constraint"),
    [
        ((1, 2), False, (1, 5, 4, 3), (1, 3), None),
        ((-2, 1), True, (1, 5, 4, 3), (1, 1, 1, 3), None),
        ((2, 2), False, (1, 5, 4, 3), (1, 5, 3), None),
        ((0,), False, (7,), (), None),
        ((), False, (2, 3), (2, 3), "addressable"),
        ((1, 2), True, (1, 5, 4, 3), (1, 3), "reduced_shape"),
        ((1,), False, (1, 5, 4, 3), (1, 4, 4), "reduced_shape"),
        ((0, 2, 4), False, (2, 2, 2, 2, 2), (2, 2), "few_runs"),
        ((0,), False, (1 << 22,), (), None),
        ((0,), False, (1 << 23,), (), "sum_fits"),
    ],
)
def test_constraints(
    axes: tuple[int, ...],
    keep_dims: bool,
    shape: tuple[int, ...],
    output: tuple[int, ...],
    constraint: str | None,
) -> None:
    inputs, outputs = (tensor(shape), axes_tensor(*axes)), (tensor(output),)
    attributes = Mean.from_options({"keep_dims": keep_dims}, inputs, outputs)
    assert refused_by(attributes, inputs, outputs) == constraint


@pytest.mark.parametrize(
    ("inputs", "outputs", "constraint"),
    [
        ([tensor((4,))], [tensor(())], "mean_arity"),
        ([tensor((4,)), axes_tensor(0)], [None], "mean_arity"),
        ([tensor(()), axes_tensor(0)], [tensor(())], "reduced_shape"),
        ([tensor((4,)), axes_tensor(0)], [tensor((), scale=1e-9)], "sum_fits"),
    ],
)
def test_refused(
    inputs: list[Tensor | None], outputs: list[Tensor | None], constraint: str
) -> None:
    assert refused_by(Mean((0,)), inputs, outputs) == constraint


@pytest.mark.parametrize(
    "inputs",
    [
        (),
        (tensor((4,)), None),
        (tensor((4,)), tensor((1,), dtype=DType.INT32)),
        (tensor((4,)), Tensor("axes", (1,), DType.INT64, None, np.zeros(1, np.int64))),
        (tensor((4,)), axes_tensor(1)),
        (tensor((4,)), axes_tensor(-2)),
        (tensor(()), axes_tensor(0)),
    ],
)
def test_bad_axes_raise(inputs: tuple[Tensor | None, ...]) -> None:
    with pytest.raises(ValueError, match="ax"):
        Mean.from_options({"keep_dims": False}, inputs, (tensor(()),))
