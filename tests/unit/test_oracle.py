"""The oracle: TFLM with every tensor in view, and its state."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import DType
from mcugen.oracle import Oracle
from mcugen.tflite.builder import build
from tests.fixtures_invalid import MODELS, operators, tensors, valid_record

IMAGE = np.arange(32, dtype=np.int8).reshape(1, 4, 4, 2)


def test_outputs_and_intermediates() -> None:
    judge = Oracle(build(valid_record()))
    (flat,) = judge.run([IMAGE])
    assert flat.shape == (1, 48) and flat.dtype == DType.INT8.numpy
    features = judge.intermediate(3)
    assert features.shape == (1, 4, 4, 3)
    np.testing.assert_array_equal(features.reshape(1, 48), flat)
    np.testing.assert_array_equal(judge.intermediate(0), IMAGE)


def test_results_are_copies() -> None:
    judge = Oracle(build(valid_record()))
    (first,) = judge.run([IMAGE])
    kept = first.copy()
    judge.run([-IMAGE])
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("name", ["invalid_truncated", "invalid_constant_short", "invalid_order"])
def test_files_are_verified_before_tflm_sees_them(name: str) -> None:
    with pytest.raises(InputRejected):
        Oracle(MODELS[name][0])


def test_wrong_input_is_an_error() -> None:
    judge = Oracle(build(valid_record()))
    with pytest.raises(McugenError, match="TFLM failed"):
        judge.run([np.zeros((1, 2), np.int8)])


def test_what_tflm_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise RuntimeError("TFLM failed to allocate tensors")

    monkeypatch.setattr("tflite_micro.python.tflite_micro.runtime.Interpreter.from_bytes", refuse)
    with pytest.raises(McugenError, match="TFLM refuses the model: TFLM failed"):
        Oracle(build(valid_record()))


def test_depthwise_convolution_without_bias() -> None:
    """Listed as absent, its bias would crash TFLM."""
    model = valid_record()
    model["operator_codes"][0].update(builtin_code=4, deprecated_builtin_code=4)
    options = {"stride_w": 1, "stride_h": 1, "depth_multiplier": 1}
    operators(model)[0].update(
        inputs=[0, 1, -1], builtin_options=("DepthwiseConv2DOptions", options)
    )
    tensors(model).insert(0, {"name": "unused", "shape": [1], "type": "INT8"})
    for indices in (
        model["subgraphs"][0]["inputs"],
        model["subgraphs"][0]["outputs"],
        *(o[k] for o in operators(model) for k in ("inputs", "outputs")),
    ):
        indices[:] = [i + 1 if i >= 0 else i for i in indices]
    tensors(model)[2].update(shape=[1, 1, 1, 2], buffer=4)
    tensors(model)[2]["quantization"].update(
        scale=[0.5, 0.5], zero_point=[0, 0], quantized_dimension=3
    )
    model["buffers"].append({"data": [2, 4]})
    tensors(model)[4]["shape"] = [1, 4, 4, 2]
    tensors(model)[6]["shape"] = [1, 32]
    judge = Oracle(build(model))
    (flat,) = judge.run([IMAGE])
    expected = IMAGE.reshape(-1, 2) * np.array([2, 4]) * 0.25
    np.testing.assert_array_equal(flat.reshape(-1, 2), np.floor(expected + 0.5))
    np.testing.assert_array_equal(judge.intermediate(4).reshape(1, 32), flat)


def test_missing_package_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tflite_micro.python.tflite_micro", None)
    with pytest.raises(McugenError) as caught:
        Oracle(build(valid_record()))
    assert caught.value.hint == "pip install 'mcugen[verify]'"
