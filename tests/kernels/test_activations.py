"""Unary functions, QUANTIZE and DEQUANTIZE: reference, TFLM and generated C agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Quantization, Tensor
from mcugen.ir.ops.activations import HardSwish, LeakyRelu, Logistic, Relu, Relu6, Tanh
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.quantize import Dequantize, Quantize
from mcugen.oracle import Oracle
from mcugen.reference import evaluate
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.tflite.writer import write_model
from tests.harness import check, run_c
from tests.kernels import models

Conversion = tuple[type[Attributes], DType, DType]
OPERATORS: tuple[Conversion, ...] = (
    *((op, DType.INT8, DType.INT8) for op in (Logistic, Tanh, Relu, Relu6, LeakyRelu, HardSwish)),
    (Quantize, DType.INT8, DType.INT8),
    (Quantize, DType.INT8, DType.UINT8),
    (Quantize, DType.UINT8, DType.INT8),
    (Dequantize, DType.INT8, DType.FLOAT32),
    (Dequantize, DType.UINT8, DType.FLOAT32),
)
FIXED_OUTPUT = {Logistic: (1 / 256, -128), Tanh: (1 / 128, 0)}
BYTES = np.arange(256, dtype=np.uint8)


def unary(
    conversion: Conversion,
    shape: Sequence[int],
    scales: tuple[float, float],
    zero_points: tuple[int, int],
    alpha: float,
) -> Graph:
    """One operator. Zero points are as for int8, without effect where the operator fixes them."""
    operator, source_type, target_type = conversion
    options: Mapping[str, Any] = {"alpha": float32(alpha)} if operator is LeakyRelu else {}
    source = tensor("source", shape, source_type, scales[0], zero_points[0])
    scale, zero_point = FIXED_OUTPUT.get(operator, (scales[1], zero_points[1]))
    if operator is Relu6:
        scale, zero_point = scales[0], zero_points[0]
    target = tensor("target", shape, target_type, scale, zero_point)
    return models.one_operator(operator, options, [source], target)


def tensor(name: str, shape: Sequence[int], kind: DType, scale: float, zero_point: int) -> Tensor:
    """A tensor of codes, or of reals without quantization; `zero_point` is as for int8."""
    offset = 128 if kind is DType.UINT8 else 0
    q = None if kind is DType.FLOAT32 else Quantization((float32(scale),), (zero_point + offset,))
    return Tensor(name, tuple(shape), kind, q)


@st.composite
def unaries(draw: st.DrawFn, conversion: Conversion) -> Graph:
    scale = 2.0 ** draw(st.floats(-10, 2))
    scales = scale, scale * 2.0 ** draw(st.floats(-4, 4))
    zero_points = draw(models.zero_points), draw(models.zero_points)
    shape = draw(st.lists(st.integers(1, 7), max_size=4))
    return unary(conversion, shape, scales, zero_points, draw(st.floats(-2, 2)))


@models.few
@given(st.tuples(*(unaries(c) for c in (*OPERATORS, *OPERATORS))), models.seeds)
def test_activations(graphs: tuple[Graph, ...], seed: int) -> None:
    check(graphs, seed)


@pytest.mark.parametrize("conversion", OPERATORS, ids=str)
def test_all_codes(conversion: Conversion) -> None:
    """Reference and TFLM over many quantizations, powers of two and extremes among them."""
    rng = np.random.default_rng(2)
    codes = BYTES.view(conversion[1].numpy)
    for i in range(150):
        exponent = rng.uniform(-10, 4) if i % 3 else float(rng.integers(-20, 20))
        scale = 2.0**exponent
        zero_points = rng.choice([-128, 127, 0, int(rng.integers(-128, 128))], 2)
        graph = unary(
            conversion,
            (256,),
            (scale, scale * 2.0 ** rng.uniform(-5, 5)),
            (int(zero_points[0]), int(zero_points[1])),
            rng.uniform(-3, 3),
        )
        (expected,) = Oracle(write_model(graph)).run([codes])
        np.testing.assert_array_equal(evaluate(graph, [codes])[1], expected, str(graph.tensors))


def test_quantize_of_reals() -> None:
    """Ties go away from zero; what is nearly a tie, out of range or no number is right too."""
    scale = 0.5
    below_half = float(np.nextafter(np.float32(0.5), np.float32(0)))
    quotients = [0.5, -0.5, 1.5, -2.5, below_half, -below_half, 126.5, 127.5, -128.5, 1e6, -1e6]
    reals = np.array([q * scale for q in quotients] + [np.inf, -np.inf, np.nan], np.float32)
    graphs = []
    for zero_point in (-128, 0, 127):
        source = tensor("source", reals.shape, DType.FLOAT32, 0, 0)
        target = tensor("target", reals.shape, DType.INT8, scale, zero_point)
        graphs.append(models.one_operator(Quantize, {}, [source], target))
    found = run_c(graphs, [[[reals]]] * len(graphs))
    # TFLM's conversion to int32 of what is not finite is undefined.
    finite = np.isfinite(reals)
    for graph, ((output,),) in zip(graphs, found, strict=True):
        (expected,) = Oracle(write_model(graph)).run([reals])
        np.testing.assert_array_equal(output[finite], expected[finite])
        np.testing.assert_array_equal(output, evaluate(graph, [reals])[1])


def test_quantize_of_random_reals() -> None:
    source = tensor("source", (1000,), DType.FLOAT32, 0, 0)
    targets = [tensor("target", (1000,), DType.INT8, s, z) for s, z in ((0.02, 3), (0.007, -128))]
    check([models.one_operator(Quantize, {}, [source], target) for target in targets])


def test_identity_is_no_code() -> None:
    """A QUANTIZE that changes nothing shares its input's memory."""
    source, target = (tensor(name, (9,), DType.INT8, 0.1, 3) for name in ("source", "target"))
    graph = models.one_operator(Quantize, {}, [source], target)
    assert not lower_graph(graph).layers[0].steps
    check([graph])
