"""The reference in its own process: equal answers, and a crash that stays there."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.softmax import Softmax
from mcugen.oracle import Oracle
from mcugen.oracle_process import IsolatedOracle
from mcugen.tflite.writer import write_model
from tests.paths import SINE

pytest.importorskip("tflite_micro")


def test_same_answers() -> None:
    data = SINE.read_bytes()
    sample = [np.full((1, 1), 40, np.int8)]
    expected = Oracle(data).run(sample)
    with IsolatedOracle(data) as oracle:
        assert np.array_equal(oracle.run(sample)[0], expected[0])
        assert np.array_equal(oracle.intermediate(0), sample[0])


def test_a_bad_model_is_the_same_error() -> None:
    with pytest.raises(InputRejected):
        IsolatedOracle(b"not a model")


def test_a_crash_is_an_error() -> None:
    """TFLM aborts where the exponentials of a row sum to 512 or more."""
    source = Quantization((0.1,), (0,))
    tensors = (
        Tensor("in", (1, 600), DType.INT8, source),
        Tensor("out", (1, 600), DType.INT8, Quantization((1 / 256,), (-128,))),
    )
    graph = Graph("softmax", tensors, (Operator(Softmax(1.0), (0,), (1,)),), (0,), (1,))
    with (
        IsolatedOracle(write_model(graph)) as oracle,
        pytest.raises(McugenError, match="stopped"),
    ):
        oracle.run([np.zeros((1, 600), np.int8)])
