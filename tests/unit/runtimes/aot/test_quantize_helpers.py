"""The generated quantize and dequantize helpers, compiled for the host."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.reshape import Reshape
from mcugen.samples import from_files
from tests.unit.runtimes.aot.graphs import compile_strictly, emitted, write_sources

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

PORTS = (
    (DType.INT8, 0.1, -3),
    (DType.UINT8, 0.1, 128),
    (DType.INT8, 1.0, 0),
    (DType.INT8, 1e-30, 127),
    (DType.INT8, 1e15, -128),
    (DType.INT32, 1.0, 0),
)
OK, ERROR_NULL, ERROR_INDEX = 0, 1, 4


def reshapes() -> Graph:
    """An input and an output of each kind in PORTS."""
    tensors = [
        Tensor(f"t{i}", (1,), dtype, Quantization((float32(scale),), (zero_point,)))
        for _ in range(2)
        for i, (dtype, scale, zero_point) in enumerate(PORTS)
    ]
    n = len(PORTS)
    operators = tuple(Operator(Reshape((1,)), (i,), (i + n,)) for i in range(n))
    return Graph("ports", tuple(tensors), operators, tuple(range(n)), tuple(range(n, 2 * n)))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("library")
    sources = write_sources(emitted(reshapes()), folder)
    path = folder / "library.so"
    compile_strictly(folder, sources, "-O2", "-shared", "-fPIC", "-o", str(path))
    loaded = ctypes.CDLL(str(path))
    for name in ("model_input", "model_output"):
        getattr(loaded, name).restype = ctypes.c_void_p
    return loaded


@pytest.fixture(scope="module")
def context(library: ctypes.CDLL) -> ctypes.c_void_p:
    storage = ctypes.c_void_p()
    assert library.model_init_default(ctypes.byref(storage)) == OK
    return storage


Quantize = Callable[[int, float], int]


@pytest.fixture(scope="module")
def quantize(library: ctypes.CDLL, context: ctypes.c_void_p) -> Quantize:
    """Port and real value → code."""

    def call(port: int, value: float) -> int:
        real = ctypes.c_float(value)
        status = library.model_quantize_input(ctypes.byref(context), port, ctypes.byref(real))
        assert status == OK
        kind = ctypes.c_uint8 if PORTS[port][0] is DType.UINT8 else ctypes.c_int8
        return kind.from_address(library.model_input(ctypes.byref(context), port)).value

    return call


def expected_code(port: int, value: float) -> int:
    """Ties away from zero of the float32 quotient, exactly."""
    dtype, scale, zero_point = PORTS[port]
    with np.errstate(over="ignore", under="ignore"):
        quotient = np.float32(value) / np.float32(scale)
    info = np.iinfo(dtype.numpy)
    if np.isinf(quotient):
        return int(info.max if quotient > 0 else info.min)
    exact = Fraction(float(quotient))
    nearest = int(abs(exact) + Fraction(1, 2)) * (1 if exact > 0 else -1)
    return int(min(max(nearest + zero_point, info.min), info.max))


EDGES: Sequence[float] = (
    *(0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 126.5, 127.49, 127.5, -128.5, -128.51),
    *(0.49999997, -0.49999997, 1e-45, 8388609.0, 2147483648.0, -2147483904.0, 1e20, -1e20),
    *(3.4e38, -3.4e38, float("inf"), float("-inf")),
)


@pytest.mark.parametrize("value", EDGES)
@pytest.mark.parametrize("port", range(5))
def test_edges(quantize: Quantize, port: int, value: float) -> None:
    assert quantize(port, value) == expected_code(port, value)


def test_nan_is_the_lowest_code(quantize: Quantize) -> None:
    assert [quantize(i, float("nan")) for i in range(5)] == [-128, 0, -128, -128, -128]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2), st.floats(-40, 40, width=32))
def test_any_value(quantize: Quantize, port: int, value: float) -> None:
    assert quantize(port, value) == expected_code(port, value)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([0, 1, 2]), st.floats(-200, 200, width=32))
def test_input_files_are_quantized_alike(
    quantize: Quantize, tmp_path_factory: pytest.TempPathFactory, port: int, value: float
) -> None:
    tensor = reshapes().tensors[port]
    path = Path(tmp_path_factory.getbasetemp()) / "value.npy"
    np.save(path, np.array([value], np.float32))
    graph = Graph("one", (tensor,), (), (0,), (0,))
    ((code,),) = from_files(graph, [path])
    assert code.tolist() == [quantize(port, value)]


@pytest.mark.parametrize("port", [0, 1])
def test_dequantize_every_code(library: ctypes.CDLL, context: ctypes.c_void_p, port: int) -> None:
    dtype, scale, zero_point = PORTS[port]
    kind = ctypes.c_uint8 if dtype is DType.UINT8 else ctypes.c_int8
    info = np.iinfo(dtype.numpy)
    real = ctypes.c_float()
    for code in range(info.min, info.max + 1):
        kind.from_address(library.model_output(ctypes.byref(context), port)).value = code
        status = library.model_dequantize_output(ctypes.byref(context), port, ctypes.byref(real))
        assert status == OK
        assert real.value == float(np.float32(scale) * np.float32(code - zero_point))


@pytest.mark.parametrize("name", ["model_quantize_input", "model_dequantize_output"])
def test_refusals(library: ctypes.CDLL, context: ctypes.c_void_p, name: str) -> None:
    call, real = getattr(library, name), ctypes.byref(ctypes.c_float())
    good, empty = ctypes.byref(context), ctypes.byref(ctypes.c_void_p())
    for index in (-1, 5, 6, 2**31 - 1):  # 5 is not quantized to 8 bits
        assert call(good, index, real) == ERROR_INDEX
    assert call(None, 0, real) == call(good, 0, None) == call(empty, 0, real) == ERROR_NULL
    library.model_status_text.restype = ctypes.c_char_p
    assert b"index" not in library.model_status_text(ERROR_INDEX)
    assert library.model_status_text(99) == b"unknown status"


def test_init_checks_the_arena(library: ctypes.CDLL) -> None:
    buffer = (ctypes.c_uint8 * 4096)()
    start = ctypes.addressof(buffer) + -ctypes.addressof(buffer) % 16
    context = ctypes.c_void_p()
    call, size = library.model_init, ctypes.c_size_t
    at = ctypes.c_void_p
    assert call(None, at(start), size(4000)) == call(ctypes.byref(context), None, size(4000)) == 1
    assert call(ctypes.byref(context), at(start), size(3)) == 2
    assert call(ctypes.byref(context), at(start + 4), size(4000)) == 3
    assert library.model_invoke(ctypes.byref(context)) == ERROR_NULL
    assert call(ctypes.byref(context), at(start), size(4000)) == OK
    assert library.model_invoke(ctypes.byref(context)) == OK
    assert library.model_input(ctypes.byref(context), 6) is None
    assert library.model_output(ctypes.byref(context), -1) is None
