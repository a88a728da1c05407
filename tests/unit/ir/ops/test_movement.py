"""What every operator that moves elements demands."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor
from mcugen.ir.ops import movement
from mcugen.ir.ops.concat import Concatenation, Pack
from mcugen.ir.ops.reshape import Reshape
from mcugen.ir.ops.state import AssignVariable, ReadVariable
from tests.kernels.movement import MOVEMENTS
from tests.unit.ir.ops.movement_cases import (
    constant,
    first_failure,
    operands,
    tensor,
    with_tensor,
)


def reshape() -> Operands:
    return operands(Reshape, {}, [tensor([2, 3])], [tensor([6])])


def test_supported() -> None:
    assert first_failure(reshape()) is None
    assert first_failure(operands(ReadVariable, {"variable": 2}, [], [tensor([2])])) is None
    assert first_failure(operands(AssignVariable, {"variable": 2}, [tensor([2])], [])) is None


@pytest.mark.parametrize("inputs", [[], [None], [tensor([6]), constant([6]), constant([6])]])
def test_operand_count(inputs: list[Tensor | None]) -> None:
    x = operands(Reshape, {}, inputs, [tensor([6])])
    assert first_failure(x) is movement.operand_count


@pytest.mark.parametrize("outputs", [[], [None], [tensor([6])] * 2])
def test_operand_count_of_outputs(outputs: list[Tensor | None]) -> None:
    x = operands(Reshape, {}, [tensor([6])], outputs)
    assert first_failure(x) is movement.operand_count


@pytest.mark.parametrize("kind", [DType.INT4, DType.RESOURCE])
def test_movable_elements(kind: DType) -> None:
    x = operands(Reshape, {}, [tensor([6], kind)], [tensor([6], kind)])
    assert first_failure(x) is movement.movable_elements


def test_movable_elements_alike() -> None:
    x = with_tensor(reshape(), "output", 0, tensor([6], DType.UINT8))
    assert first_failure(x) is movement.movable_elements


@pytest.mark.parametrize("shape", [[0], [(1 << 23) + 1], [1 << 12, 1 << 12]])
def test_sizes_in_range(shape: list[int]) -> None:
    x = operands(Reshape, {}, [tensor(shape)], [tensor(shape)])
    assert first_failure(x) is movement.sizes_in_range


@pytest.mark.parametrize("other", [None, Quantization((0.5,), (4,)), Quantization((0.25,), (3,))])
@pytest.mark.parametrize("operator", [Concatenation, Pack])
def test_same_quantization(
    operator: type[Concatenation | Pack], other: Quantization | None
) -> None:
    options = {"axis": 0, "fused_activation_function": "NONE", "values_count": 2}
    target = [4, 3] if operator is Concatenation else [2, 2, 3]
    x = operands(operator, options, [tensor([2, 3])] * 2, [tensor(target)])
    assert first_failure(x) is None
    x = with_tensor(x, "input", 1, tensor([2, 3], quantization=other))
    assert first_failure(x) is movement.same_quantization


def test_constant_integers() -> None:
    read = movement.constant_integers
    assert read([None, constant([[1, -2]])], 1, "x") == (1, -2)
    assert read([constant([1 << 40], DType.INT64)], 0, "x") == (1 << 40,)
    for bad in (None, tensor([2], DType.INT32), constant([1], DType.INT16), constant([0] * 65)):
        with pytest.raises(ValueError, match="x"):
            read([bad], 0, "x")
    with pytest.raises(ValueError, match="absent"):
        read([], 0, "x")
    with pytest.raises(ValueError, match="2 values"):
        movement.constant_integer([constant([1, 2])], 0, "x")


ODD_SHAPES = [(), (0,), (1,), (7,), (2, 3), (1, 1, 1, 1, 1, 1), (1 << 31,), (1 << 16, 1 << 16)]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_no_constraint_raises(data: st.DataObject) -> None:
    """Whatever the tensors and constants, an operator is accepted, refused or a ValueError."""
    graph: Graph = data.draw(st.one_of(*MOVEMENTS))
    (x,) = graph
    own = [t.shape[i:j] for t in graph.tensors for i in (0, 1) for j in (-1, 5)]
    odd = st.builds(
        Tensor,
        st.just("odd"),
        st.sampled_from([*own, *ODD_SHAPES]),
        st.just(graph.tensors[0].dtype) | st.sampled_from(DType),
        st.sampled_from([None, Quantization((1.0, 2.0), (0, 0)), Quantization((), ())]),
    )
    numbers = st.integers(-3, 9) | st.sampled_from([-(1 << 63), -(1 << 31), (1 << 31) - 1])
    odd |= st.lists(numbers, max_size=6).map(lambda v: constant(np.array(v), DType.INT64))
    tensors = list(x.inputs), list(x.outputs)
    for _ in range(data.draw(st.integers(1, 2))):
        chosen = tensors[data.draw(st.integers(0, 1))]
        place = data.draw(st.integers(0, len(chosen)))
        chosen[place : place + data.draw(st.integers(0, 1))] = data.draw(
            st.lists(odd | st.none(), max_size=1)
        )
    options = {k: data.draw(numbers) for k in ("axis", "num", "num_splits", "values_count")}
    options |= dict(x.operator.attributes.to_options())
    inputs, outputs = tuple(tensors[0]), tuple(tensors[1])
    try:
        attributes = type(x.operator.attributes).from_options(options, inputs, outputs)
    except ValueError:
        return
    operator = replace(x.operator, attributes=attributes)
    first_failure(Operands(operator, inputs, outputs))
