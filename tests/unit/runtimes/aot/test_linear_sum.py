"""Sums as linear forms: right for every pair of codes, or not taken."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.ir.graph import Operands
from mcugen.ir.ops.elementwise import Add, Sub
from mcugen.reference import evaluate
from mcugen.runtimes.aot.linear_sum import LinearSum, linear_sum
from mcugen.runtimes.aot.lowered import lower_graph
from tests.kernels import models

CODES = np.arange(-128, 128, dtype=np.int8)
INT32 = np.iinfo(np.int32)


def layer(operator: type[Any], scales: list[float], zero_points: list[int], activation: str) -> Any:
    """A graph whose output is the sum of every pair of codes."""
    shapes = ((256, 1), (1, 256), (256, 256))
    tensors = [
        models.activations(name, shape, scale, zero_point)
        for name, shape, scale, zero_point in zip("abc", shapes, scales, zero_points, strict=True)
    ]
    options = {"fused_activation_function": activation}
    return models.one_operator(operator, options, tensors[:2], tensors[2])


def products(multiplier: int) -> Any:
    """As the C computes them, with nothing beyond int32 on the way."""
    codes = CODES.astype(np.int64)
    parts = codes * (multiplier >> 8), codes * (multiplier & 255)
    assert all(INT32.min <= part.min() and part.max() <= INT32.max for part in parts)
    return parts[0] + (parts[1] >> 8)


def check_form(form: LinearSum, graph: Any, flip: bool) -> None:
    first, second = products(form.multiplier0), products(form.multiplier1)
    total = form.offset + (first[None, :] if flip else first[:, None])
    total = total + (second[:, None] if flip else second[None, :])
    rounded = total + (total >> 63) + form.rounding
    for values in (total, rounded):
        assert INT32.min <= values.min() and values.max() <= INT32.max
    (x,) = graph
    low, high = (lower_graph(graph).layers[0].steps[0].params[k] for k in LIMITS)
    expected = evaluate(graph, [CODES[:, None], CODES[None, :]])[x.operator.outputs[0]]
    np.testing.assert_array_equal(np.clip(rounded >> 19, low, high), expected)


LIMITS = ("activation_min", "activation_max")


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from([Add, Sub]),
    st.tuples(*[st.floats(-2, 2)] * 2, st.floats(-1, 3)),
    st.tuples(*[models.zero_points] * 3),
    st.sampled_from(models.ACTIVATIONS),
    st.booleans(),
)
def test_every_pair_of_codes(
    operator: type[Any],
    exponents: tuple[float, ...],
    zero_points: tuple[int, ...],
    activation: str,
    flip: bool,
) -> None:
    graph = layer(operator, [0.1 * 2.0**e for e in exponents], list(zero_points), activation)
    (x,) = graph
    form = linear_sum(x, *((1, 0) if flip and operator is Add else (0, 1)))
    if form is not None:
        check_form(form, graph, flip and operator is Add)


@pytest.mark.parametrize("scales", [[0.1, 0.1, 0.1], [0.1, 0.2, 0.2], [0.05, 0.1, 0.2]])
def test_exact_ties(scales: list[float]) -> None:
    """Half of the sums lie in the middle between two codes."""
    graph = layer(Add, scales, [3, -7, 11], "NONE")
    (x,) = graph
    form = linear_sum(x, 0, 1)
    assert form is not None
    check_form(form, graph, False)


def test_most_layers_have_a_form() -> None:
    rng = np.random.default_rng(3)

    def has_form() -> bool:
        scales = [float(v) for v in 0.1 * 2.0 ** rng.uniform(-1.5, 1.5, 3)]
        (x,) = layer(Add, scales, [int(v) for v in rng.integers(-128, 128, 3)], "NONE")
        assert isinstance(x, Operands)
        return linear_sum(x, 0, 1) is not None

    assert sum(has_form() for _ in range(50)) >= 48


def test_sums_beyond_int32_take_the_other_kernel() -> None:
    layers = lower_graph(layer(Add, [1.0, 0.1, 0.01], [0, 0, 0], "NONE")).layers
    assert layers[0].kernel == "add_rescaled_s8"
    assert layers[0].passed_over[0][0] == "add_s8"
