"""Constraints of TRANSPOSE."""

from __future__ import annotations

import pytest

from mcugen.ir.graph import Operands
from mcugen.ir.ops import movement, transpose
from tests.unit.ir.ops.movement_cases import constant, first_failure, operands, tensor


def transposed(perm: list[int], output: list[int]) -> Operands:
    inputs = [tensor([2, 3, 4]), constant(perm)]
    return operands(transpose.Transpose, {}, inputs, [tensor(output)])


def test_supported() -> None:
    assert first_failure(transposed([2, 0, 1], [4, 2, 3])) is None


@pytest.mark.parametrize("perm", [[0, 1], [0, 1, 1], [0, 1, 3], [0, 1, -1], [0, 1, 2, 3], []])
def test_permutation(perm: list[int]) -> None:
    assert first_failure(transposed(perm, [2, 3, 4])) is transpose.permutation


def test_permuted_shape() -> None:
    assert first_failure(transposed([2, 0, 1], [2, 3, 4])) is transpose.permuted_shape


def test_rank_at_most_five() -> None:
    inputs = [tensor([1] * 6), constant(list(range(6)))]
    x = operands(transpose.Transpose, {}, inputs, [tensor([1] * 6)])
    assert first_failure(x) is movement.rank_at_most_five
