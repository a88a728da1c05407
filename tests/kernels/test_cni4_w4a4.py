"""The C library's own packing and convolution against the lowering's and the reference."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.ir.graph import Graph, Operands
from mcugen.ir.multiply_add import MultiplyAdd
from mcugen.ir.ops.weighted import bias_values, channel_multipliers
from mcugen.reference import evaluate
from mcugen.runtimes.aot.lower.int4_conv import channel_words, depths, nibbles, surplus
from mcugen.runtimes.aot.lower.int4_requantization import requantization
from mcugen.runtimes.aot.narrow import narrow_activations, stored_bytes
from mcugen.tflite.int4 import pack_int4
from tests.kernels.int4_models import BYTES, SIGNED, Chain

ROOT = Path(__file__).parents[2] / "mcugen"
LIBRARY, KERNELS = ROOT / "cmsis_nn_int4", ROOT / "kernels"
FLAGS = ("-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra")


class Filter(ctypes.Structure):
    _fields_ = (
        ("first_segment", ctypes.c_int32),
        ("segment", ctypes.c_int32),
        ("signed_sums", ctypes.c_int32),
        ("output_bits", ctypes.c_int32),
        ("weights", ctypes.c_void_p),
        ("channels", ctypes.c_void_p),
    )


class Context(ctypes.Structure):
    _fields_ = (("buf", ctypes.c_void_p), ("size", ctypes.c_int32))


class Quantization(ctypes.Structure):
    _fields_ = (("multiplier", ctypes.c_void_p), ("shift", ctypes.c_void_p))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    target = tmp_path_factory.mktemp("cni4") / "cni4.so"
    sources = [*(LIBRARY / "src").glob("*w4a4.c"), KERNELS / "src" / "mcugen_copy.c"]
    includes = (f"-I{LIBRARY}/include", f"-I{KERNELS}/include")
    subprocess.run(
        ["gcc", *FLAGS, "-shared", "-fPIC", *includes, *sources, "-o", target], check=True
    )
    return ctypes.CDLL(str(target))


LAYERS = {
    "pointwise": Chain((1, 5, 3, 4)).conv(24).conv(7),
    "signed, odd channels": Chain((1, 5, 4, 4)).conv(9, out=SIGNED).conv(5, (3, 2), out=SIGNED),
    "int8 output": Chain((1, 6, 4, 4)).conv(40).conv(5, (3, 3), (2, 1), out=BYTES),
    "several segments": Chain((1, 1, 3, 4)).conv(300).conv(4),
}


@pytest.mark.parametrize("name", LAYERS)
def test_convolution(library: ctypes.CDLL, name: str) -> None:
    chain = LAYERS[name]
    narrow = narrow_activations(chain.conv(2).graph())
    x = list(narrow)[1]
    filters, arrays = prepared(library, x)
    constants = requantization(x, surplus(x))
    assert isinstance(constants, MultiplyAdd)
    assert filters.signed_sums == constants.signed
    words = nibbles(depths(x))
    np.testing.assert_array_equal(view(filters.weights, words), words)
    channels = channel_words(x, constants).astype(np.int32)
    np.testing.assert_array_equal(view(filters.channels, channels), channels)
    check_convolution(library, x, filters, *run(chain.graph(), x))
    del arrays


def run(graph: Graph, x: Operands) -> tuple[bytes, bytes]:
    """The layer's input and output as the arena holds them, for a random input of the graph."""
    source = graph.tensors[graph.inputs[0]]
    image = np.random.default_rng(3).integers(-128, 128, source.shape).astype(np.int8)
    values = evaluate(graph, [image])
    stored = []
    for t, tensor in ((x.operator.inputs[0], x.input()), (x.operator.outputs[0], x.output())):
        packed = tensor.dtype.bits == 4
        zero_point = graph.tensors[t].q.zero_point
        stored.append(
            stored_bytes(tensor, zero_point, values[t]) if packed else values[t].tobytes()
        )
    return stored[0], stored[1]


def prepared(library: ctypes.CDLL, x: Operands) -> tuple[Filter, list[Any]]:
    multipliers, shifts = (np.ascontiguousarray(v, np.int32) for v in channel_multipliers(x))
    bias = bias_values(x).astype(np.int32)
    weights = x.input(1).data
    assert weights is not None
    packed = pack_int4(weights)
    dims = ints(*(weights.shape[i] for i in (0, 1, 2, 3)))
    buffer = np.zeros(library.cni4_prepare_w4a4_size(dims) // 4, np.uint32)
    filters = Filter()
    quantization = Quantization(multipliers.ctypes.data, shifts.ctypes.data)
    status = library.cni4_prepare_w4a4(
        ctypes.c_void_p(packed.ctypes.data),
        dims,
        conv_params(x),
        ctypes.byref(quantization),
        ctypes.c_void_p(bias.ctypes.data),
        x.output().dtype.bits,
        ctypes.c_void_p(buffer.ctypes.data),
        ctypes.byref(filters),
    )
    assert status == 0
    return filters, [buffer]


def check_convolution(
    library: ctypes.CDLL, x: Operands, filters: Filter, source: bytes, expected: bytes
) -> None:
    dims = ints(*(x.input(1).shape[i] for i in (0, 1, 2, 3)))
    size = library.cni4_convolve_w4a4_get_buffer_size(ctypes.byref(filters), dims)
    scratch = np.zeros(size // 4 + 1, np.uint32)
    output = np.zeros(len(expected), np.uint8)
    status = library.cni4_convolve_w4a4(
        ctypes.byref(Context(scratch.ctypes.data, size)),
        conv_params(x),
        ctypes.byref(filters),
        ints(*x.input().shape),
        source,
        dims,
        ints(*x.output().shape),
        ctypes.c_void_p(output.ctypes.data),
    )
    assert status == 0
    assert output.tobytes() == expected


def conv_params(x: Operands) -> Any:
    """cni4_conv_params, all of whose members are int32."""
    window, output = x.attributes.window, x.output()
    step = {"RELU6": (-8, 7), "RELU_N1_TO_1": (-7, 7), "NONE": (-128, 127)}
    return ints(
        *(-x.input().q.zero_point, output.q.zero_point),
        *(window.stride_w, window.stride_h, window.pads.left, window.pads.top),
        *(window.dilation_w, window.dilation_h, *step[x.attributes.activation]),
    )


def ints(*values: int) -> Any:
    return (ctypes.c_int32 * len(values))(*values)


def view(address: int, like: Any) -> Any:
    kind = ctypes.c_uint32 if like.dtype == np.uint32 else ctypes.c_int32
    array = (kind * like.size).from_address(address)
    return np.array(array, like.dtype).reshape(like.shape)
