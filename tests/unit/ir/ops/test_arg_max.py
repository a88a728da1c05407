"""What ARG_MAX refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir.graph import DType, Tensor
from mcugen.ir.ops.arg_max import ArgMax
from mcugen.ir.ops.base import REGISTRY
from tests.unit.ir.ops.operands import integer, refused_by, tensor


def positions(*shape: int) -> Tensor:
    return tensor(shape, scale=None, dtype=DType.INT32)


def test_accepted() -> None:
    assert REGISTRY["ARG_MAX"] is ArgMax
    assert refused_by(ArgMax(0), [tensor(), integer(0)], [positions(3)]) is None
    assert refused_by(ArgMax(1), [tensor(), integer(1)], [positions(2)]) is None


@pytest.mark.parametrize(
    ("inputs", "output", "constraint"),
    [
        ([tensor()], positions(2), "values_and_axis"),
        ([None, integer(1)], positions(2), "values_and_axis"),
        ([tensor(), integer(1)], None, "values_and_axis"),
        ([tensor(dtype=DType.INT16), integer(1)], positions(2), "arg_max_types"),
        ([tensor(), integer(1)], tensor((2,), None, dtype=DType.INT64), "arg_max_types"),
        ([tensor((2, 0)), integer(1)], positions(2), "addressable"),
        ([tensor(), integer(1)], positions(2, 1), "without_axis"),
        ([tensor((3,)), integer(1)], positions(), "without_axis"),
    ],
)
def test_refused(inputs: list[Tensor | None], output: Tensor | None, constraint: str) -> None:
    assert refused_by(ArgMax(1), inputs, [output]) == constraint


@pytest.mark.parametrize("given, axis", [(0, 0), (1, 1), (-1, 1), (-2, 0)])
def test_axis(given: int, axis: int) -> None:
    assert ArgMax.from_options({}, (tensor(), integer(given)), (positions(2),)) == ArgMax(axis)


@pytest.mark.parametrize(
    "axis",
    [
        None,
        positions(),
        integer(2),
        integer(-3),
        Tensor("axes", (2,), DType.INT32, None, np.zeros(2, np.int32)),
        Tensor("axes", (0,), DType.INT32, None, np.zeros(0, np.int32)),
        Tensor("axis", (), DType.INT64, None, np.array(1, np.int64)),
    ],
)
def test_malformed_axis(axis: Tensor | None) -> None:
    with pytest.raises(ValueError, match="axis"):
        ArgMax.from_options({}, (tensor(), axis), (positions(2),))


def test_absent_axis() -> None:
    with pytest.raises(ValueError, match="axis"):
        ArgMax.from_options({}, (tensor(),), (positions(2),))
