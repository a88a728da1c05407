"""The oracle: TFLM with every tensor in view, and its state."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mcugen import oracle
from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import DType
from mcugen.oracle import Oracle
from mcugen.tflite.builder import build
from tests.fixtures_invalid import MODELS, valid_record

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
    monkeypatch.setattr(oracle, "FIRST_ARENA_BYTES", 1024)
    monkeypatch.setattr(oracle, "LAST_ARENA_BYTES", 1024)
    with pytest.raises(McugenError, match="TFLM refuses"):
        Oracle(build(valid_record()))


def test_arena_grows_until_the_model_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "FIRST_ARENA_BYTES", 1024)
    assert len(Oracle(build(valid_record())).run([IMAGE])) == 1


def test_missing_package_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tflite_micro.python.tflite_micro", None)
    with pytest.raises(McugenError) as caught:
        Oracle(build(valid_record()))
    assert caught.value.hint == "pip install 'mcugen[verify]'"
