"""The C library on its own: its example, and its functions against the numpy reference."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import Graph, Operands
from mcugen.ir.ops.weighted import bias_values, channel_multipliers
from mcugen.reference import evaluate
from tests.harness import random_input
from tests.kernels.int4_layers import layer
from tests.paths import ROOT

LIBRARY = ROOT / "mcugen" / "cmsis_nn_int4"
KERNELS = ROOT / "mcugen" / "kernels"
SHARED = (
    "copy",
    "depthwise_conv_s8",
    "depthwise_conv_s8_dsp",
    "depthwise_conv_s8_mve",
    "gather",
    "pair_codes",
)
SOURCES = (
    *sorted((LIBRARY / "src").glob("*.c")),
    *(KERNELS / "src" / f"mcugen_{name}.c" for name in SHARED),
)
FLAGS = (
    *("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"),
    *(f"-I{LIBRARY / 'include'}", f"-I{KERNELS / 'include'}"),
)


def test_example(tmp_path: Path) -> None:
    program = tmp_path / "example"
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    main = LIBRARY / "example" / "main.c"
    subprocess.run(
        ["gcc", *FLAGS, *sanitizers, *map(str, SOURCES), str(main), "-o", str(program)], check=True
    )
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.stdout.startswith("0 of 567 outputs differ"), done.stdout + done.stderr


@pytest.mark.parametrize("build", ["CMakeLists.txt", "library.json"])
def test_builds_name_the_shared_kernels(build: str) -> None:
    text = (LIBRARY / build).read_text()
    assert all(f"mcugen_{name}.c" in text for name in SHARED)


@pytest.fixture(scope="module", params=[0, 1], ids=["portable", "dsp"])
def library(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[ctypes.CDLL]:
    """The library as the host's compiler makes it, depthwise layers by either kernel."""
    path = tmp_path_factory.mktemp("int4") / "int4.so"
    flags = (*FLAGS, f"-DCNI4_DSP={request.param}", "-shared", "-fPIC")
    subprocess.run(["gcc", *flags, *map(str, SOURCES), "-o", str(path)], check=True)
    yield ctypes.CDLL(str(path))


@dataclass(frozen=True)
class Call:
    """A function's name, the sizes of its filter, and what packs the filter."""

    function: str
    filter_dims: tuple[int, ...]
    pack: str
    rows_and_columns: tuple[int, int]


def plan(x: Operands) -> Call:
    weights = x.input(1).shape
    if x.operator.name == "FULLY_CONNECTED":
        dims, pack, sizes = (weights[1], 1, 1, weights[0]), "filter", weights
        return Call("fully_connected", dims, pack, sizes)
    if x.operator.name == "DEPTHWISE_CONV_2D":
        sizes = (weights[1] * weights[2], weights[3])
        return Call("depthwise_conv", weights, "depthwise_filter", sizes)
    name = "convolve_1x1" if weights[1:3] == (1, 1) else "convolve"
    return Call(name, weights, "filter", (weights[0], int(np.prod(weights[1:]))))


def ints(*values: int) -> npt.NDArray[np.int32]:
    return np.array(values, np.int32)


def run(library: ctypes.CDLL, graph: Graph, image: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """The layer's output by the C library, from the weights as a file holds them."""
    (x,) = graph
    call = plan(x)
    data = x.input(1).data
    assert data is not None
    codes = np.append(data.reshape(-1), [0] * (data.size % 2)).astype(np.uint8) & 15
    file_nibbles = codes[::2] | codes[1::2] << 4
    size = getattr(library, f"cni4_pack_{call.pack}_w4a8_size")(*call.rows_and_columns)
    packed = np.zeros(size // 4, np.uint32)
    pack = getattr(library, f"cni4_pack_{call.pack}_w4a8")
    assert pack(pointer(file_nibbles), *call.rows_and_columns, pointer(packed)) == 0

    multipliers, shifts = (values.astype(np.int32) for values in channel_multipliers(x))
    quant = (ctypes.c_void_p * 2)(multipliers.ctypes.data, shifts.ctypes.data)
    offsets = [-x.input().q.zero_point, x.output().q.zero_point]
    limits = activation_range(x.attributes.activation, x.output().q, x.output().dtype)
    fields = [*offsets, *limits]
    input_dims: tuple[int, ...] = (x.input().shape[0], 1, 1, x.input().shape[1])
    output_dims: tuple[int, ...] = (x.output().shape[0], 1, 1, x.output().shape[1])
    if call.function != "fully_connected":
        window = x.attributes.window
        middle = [x.attributes.depth_multiplier] if call.function == "depthwise_conv" else []
        middle += [window.stride_w, window.stride_h, window.pads.left, window.pads.top]
        fields = [*offsets, *middle, window.dilation_w, window.dilation_h, *limits]
        input_dims, output_dims = x.input().shape, x.output().shape

    filter_dims = ints(*call.filter_dims)
    name = f"cni4_{call.function}_w4a8"
    size = getattr(library, f"{name}_get_buffer_size")(pointer(filter_dims))
    buffer = np.zeros(size + 64, np.uint8)
    buffer[size:] = 0xA5

    class Context(ctypes.Structure):
        _fields_ = (("buf", ctypes.c_void_p), ("size", ctypes.c_int32))

    bias = bias_values(x).astype(np.int32)
    output = np.zeros(x.output().shape, np.int8)
    arguments = [
        ctypes.byref(Context(buffer.ctypes.data, size)),
        pointer(ints(*fields)),
        ctypes.byref(quant),
        pointer(ints(*input_dims)),
        pointer(image),
        pointer(filter_dims),
        pointer(packed),
        pointer(bias),
        pointer(ints(*output_dims)),
        pointer(output),
    ]
    assert getattr(library, name)(*arguments) == 0
    assert (buffer[size:] == 0xA5).all()
    small = Context(buffer.ctypes.data, size - 1)
    assert getattr(library, name)(ctypes.byref(small), *arguments[1:]) == -1
    return output


def pointer(array: npt.NDArray[Any]) -> Any:
    """For a call: keeps the array alive as long as the pointer."""
    return np.ctypeslib.as_ctypes(array.reshape(-1).view(np.uint8))


LAYERS: dict[str, tuple[Any, ...]] = {
    "convolution": ("conv", (7, 6, 5), 9, (3, 2), 2),
    "convolution of words": ("conv", (9, 9, 4), 7, (3, 3)),
    "dilated": ("conv", (9, 8, 3), 4, (3, 3), 1, (2, 2)),
    "pointwise": ("conv", (3, 3, 13), 6),
    "depthwise": ("depthwise", (6, 7, 9), 9, (3, 3)),
    "depthwise, stride 2": ("depthwise", (9, 40, 8), 8, (5, 3), 2),
    "depthwise, two outputs a channel": ("depthwise", (5, 5, 3), 6, (3, 3)),
    "fully connected": ("fully connected", (1, 1, 107), 9),
    "fully connected, rows": ("fully connected", (1, 7, 16), 4),
}


@pytest.mark.parametrize("name", LAYERS)
def test_functions(library: ctypes.CDLL, name: str) -> None:
    rng = np.random.default_rng(len(name))
    graph = layer(rng, *LAYERS[name])
    image = random_input(graph.tensors[0], rng)
    expected = evaluate(graph, [image])[graph.outputs[0]]
    np.testing.assert_array_equal(run(library, graph, image), expected)


def test_refusals(library: ctypes.CDLL) -> None:
    """Sums of an odd channel that might not fit are found when the filter is packed."""
    codes = np.full(2 * 258, 8, np.uint8)
    codes[:258] = 0
    for depth, status in ((257, 0), (258, -2)):
        rows = codes.reshape(2, 258)[:, :depth].reshape(-1)
        packed = np.zeros(1024, np.uint32)
        file_nibbles = rows[::2] | rows[1::2] << 4
        pack = library.cni4_pack_filter_w4a8
        assert pack(pointer(file_nibbles), 2, depth, pointer(packed)) == status
