"""A constraint that fails is explained with its operator, its sentence and what was found."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import mcugen.ir.ops as families
from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.activations import Relu
from mcugen.ir.ops.base import REGISTRY
from mcugen.ir.support import HINTS, check_supported


def relu(kind: DType, name: str = "rectified") -> Graph:
    quantization = Quantization((0.5,), (0,))
    tensors = (Tensor("x", (1, 4), kind, quantization), Tensor(name, (1, 4), kind, quantization))
    return Graph("g", tensors, (Operator(Relu(), (0,), (1,), 7),), (0,), (1,))


def test_supported_graph_passes() -> None:
    check_supported(relu(DType.INT8))


def test_message() -> None:
    with pytest.raises(InputRejected) as caught:
        check_supported(relu(DType.FLOAT32, "evil\x1bname"))
    message = caught.value.message
    assert message.startswith("operator 7 (RELU, output 'evil\\x1bname') is not supported: ")
    assert "Found: " in message and "float32" in message
    assert message.isprintable() and caught.value.hint


def test_hints_are_of_constraints() -> None:
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    names = {c.__name__ for operator in REGISTRY.values() for c in operator.constraints}
    assert set(HINTS) <= names
