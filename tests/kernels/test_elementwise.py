"""ADD, SUB, MUL, MAXIMUM and MINIMUM: reference, TFLM and generated C agree."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from mcugen.ir.graph import DType, Graph, Tensor
from mcugen.ir.ops.elementwise import Add, Maximum, Minimum, Mul, Sub
from mcugen.oracle import Oracle
from mcugen.reference import evaluate
from mcugen.runtimes.aot.lower.elementwise import merge_dimensions
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.program import View
from mcugen.tflite.writer import write_model
from tests.harness import check
from tests.kernels import models

ARITHMETIC = (Add, Sub, Mul)
PAIRS = [grid.reshape(-1).astype(np.int8) for grid in np.mgrid[-128:128, -128:128]]


@st.composite
def broadcast_pairs(draw: st.DrawFn) -> tuple[tuple[int, ...], ...]:
    """Two shapes that broadcast, and what they broadcast to."""
    full = draw(st.lists(st.integers(1, 4), max_size=5))

    def part() -> tuple[int, ...]:
        kept = [size if draw(st.booleans()) else 1 for size in full]
        return tuple(kept if draw(st.booleans()) else full)[draw(st.integers(0, len(full))) :]

    first, second = part(), part()
    return first, second, np.broadcast_shapes(first, second)


@st.composite
def arithmetic(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[tuple[int, ...], ...]]) -> Graph:
    """ADD, SUB or MUL; scales moderately apart or far."""
    operator = draw(st.sampled_from(ARITHMETIC))
    base = draw(models.scales)
    spread = st.floats(-3, 3) if draw(st.booleans()) else st.floats(-12, 6)
    factors = [2.0 ** draw(spread) for _ in range(3)]
    if operator is Mul:
        # The output's scale is that of a product, and not too small for a fused activation.
        factors[2] = max(factors[2] * factors[0] * factors[1] * base, 2.0**-27 / base)
    tensors = [
        models.activations(name, shape, base * factor, draw(models.zero_points))
        for name, shape, factor in zip("abc", draw(shapes), factors, strict=True)
    ]
    options = {"fused_activation_function": draw(st.sampled_from(models.ACTIVATIONS))}
    return models.one_operator(operator, options, _maybe_constant(draw, tensors[:2]), tensors[2])


@st.composite
def comparisons(
    draw: st.DrawFn, shapes: st.SearchStrategy[tuple[tuple[int, ...], ...]] | None = None
) -> Graph:
    operator = draw(st.sampled_from([Maximum, Minimum]))
    scale, zero_point = draw(models.scales), draw(models.zero_points)
    tensors = [
        models.activations(name, shape, scale, zero_point)
        for name, shape in zip("abc", draw(shapes or broadcast_pairs()), strict=True)
    ]
    return models.one_operator(operator, {}, _maybe_constant(draw, tensors[:2]), tensors[2])


def _maybe_constant(draw: st.DrawFn, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors, one of them perhaps with data."""
    result = list(tensors)
    chosen = draw(st.integers(0, 3))
    if chosen < 2:
        tensor = tensors[chosen]
        codes = np.random.default_rng(draw(models.seeds)).integers(-128, 128, tensor.shape)
        result[chosen] = Tensor(
            tensor.name, tensor.shape, DType.INT8, tensor.quantization, codes.astype(np.int8)
        )
    return result


@models.few
@given(st.lists(arithmetic(broadcast_pairs()), min_size=16, max_size=16), models.seeds)
def test_arithmetic(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


@models.few
@given(st.lists(comparisons(), min_size=8, max_size=8), models.seeds)
def test_maximum_minimum(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


@pytest.mark.parametrize("operator", ARITHMETIC)
def test_all_pairs_of_codes(operator: type[Add | Sub | Mul]) -> None:
    """Scales drawn from many magnitudes; reference and TFLM only, for they are fast enough."""
    rng = np.random.default_rng(1)
    for _ in range(40):
        base, factors = 2.0 ** rng.uniform(-10, 3), 2.0 ** rng.uniform(-4, 4, 3)
        scales = [*(base * factors[:2]), factors[2] * (base**2 if operator is Mul else base)]
        tensors = [
            models.activations(name, (1 << 16,), scale, int(rng.integers(-128, 128)))
            for name, scale in zip("abc", scales, strict=True)
        ]
        options = {"fused_activation_function": str(rng.choice(models.ACTIVATIONS))}
        graph = models.one_operator(operator, options, tensors[:2], tensors[2])
        (expected,) = Oracle(write_model(graph)).run(PAIRS)
        np.testing.assert_array_equal(evaluate(graph, PAIRS)[2], expected, str(scales))


def test_alternating_dimensions() -> None:
    """Nothing merges: all the kernels' dimensions are walked."""
    shapes = ((2, 1, 3, 1, 4), (1, 5, 1, 2, 1), (2, 5, 3, 2, 4))
    tensors = [models.activations(name, s, 0.1, 3) for name, s in zip("abc", shapes, strict=True)]
    options = {"fused_activation_function": "NONE"}
    operators = (*ARITHMETIC, Maximum, Minimum)
    check([models.one_operator(op, options, tensors[:2], tensors[2]) for op in operators])


def test_merged_dimensions() -> None:
    image = (1, 4, 5, 3)
    assert merge_dimensions(image, image, image)[0] == (1, 1, 1, 1, 60)
    dims, strides0, strides1 = merge_dimensions(image, (3,), image)
    assert (dims, strides0, strides1) == ((1, 1, 1, 20, 3), (0, 0, 0, 3, 1), (0, 0, 0, 0, 1))


def test_same_tensor_twice() -> None:
    source = models.activations("a", (1, 3, 3, 2), 0.1, -5)
    target = models.activations("b", (1, 3, 3, 2), 0.15, 7)
    options = {"fused_activation_function": "NONE"}
    check([models.one_operator(op, options, [source, source], target) for op in ARITHMETIC])


@pytest.mark.parametrize(
    ("operator", "swapped", "in_place"),
    [(Add, True, True), (Mul, True, True), (Maximum, True, True), (Sub, False, False)],
)
def test_larger_operand_comes_first(operator: type[Add], swapped: bool, in_place: bool) -> None:
    """The output may share memory with the operand that has its size, if that can be the first."""
    tensors = [models.activations(n, s, 0.1, 0) for n, s in (("a", (4,)), ("b", (1, 5, 4)))]
    options = {"fused_activation_function": "NONE"}
    target = models.activations("c", (1, 5, 4), 0.1, 0)
    graph = models.one_operator(operator, options, tensors, target)
    (step,) = lower_graph(graph).layers[0].steps
    assert step.inputs == ((View(1), View(0)) if swapped else (View(0), View(1)))
    assert step.in_place == in_place
