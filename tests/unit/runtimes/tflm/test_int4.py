"""Which layers with 4-bit weights mcugen's kernels take, and the file that holds them packed."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mcugen.ir.graph import Graph
from mcugen.runtimes.aot.emit import KERNELS
from mcugen.runtimes.tflm.int4 import Int4, kernel_files, with_own_kernels
from mcugen.tflite.int4 import pack_int4
from mcugen.tflite.reader import read_model
from mcugen.tflite.replace import buffer_of, with_buffers
from mcugen.tflite.verifier import verify
from mcugen.tflite.writer import write_model
from tests.kernels.int4_layers import layer
from tests.paths import DIGITS, SINE


def of_file(graph: Graph) -> tuple[bytes, Graph]:
    data = write_model(graph)
    return data, read_model(data, "m").graph


def contents(data: bytes, graph: Graph) -> bytes:
    """The bytes of the only layer's weights."""
    tensor = verify(data).subgraphs[0].tensors[graph.operators[0].inputs[1]]
    assert tensor.data is not None
    return tensor.data.tobytes()


@pytest.fixture(scope="module")
def packer(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    shared = tmp_path_factory.mktemp("pack") / "pack.so"
    include = [f"-I{folder / kind}" for folder in KERNELS for kind in ("include", "src")]
    source = str(KERNELS[1] / "src" / "cni4_pack.c")
    command = ["gcc", "-shared", "-fPIC", "-O1", *include, source, "-o", str(shared)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(shared))


@pytest.mark.parametrize("kind", ["conv", "depthwise", "fully connected"])
@pytest.mark.parametrize("channels", [4, 5])
def test_packed_as_the_library_packs(kind: str, channels: int, packer: ctypes.CDLL) -> None:
    kernel = (1, 1) if kind == "fully connected" else (3, 2)
    units = channels if kind == "depthwise" else 7
    graph = layer(np.random.default_rng(channels), kind, (4, 3, channels), units, kernel)
    data, graph = of_file(graph)
    made = with_own_kernels(data, graph)
    assert made.operators == (graph.operators[0].name,) and not made.mixed
    assert made.kernel(next(iter(graph))) is not None
    weights = graph.tensors[graph.operators[0].inputs[1]]
    assert weights.data is not None
    nibbles = pack_int4(weights.data).tobytes()
    taps = kernel[0] * kernel[1]
    function, size = packer.cni4_pack_filter_w4a8, packer.cni4_pack_filter_w4a8_size
    extents = (units, taps * channels)
    if kind == "depthwise":
        function = packer.cni4_pack_depthwise_filter_w4a8
        size = packer.cni4_pack_depthwise_filter_w4a8_size
        extents = (taps, channels)
    packed = ctypes.create_string_buffer(size(*extents))
    assert function(nibbles, *extents, packed) == 0
    # The file's own reader cannot know the layout: it reads what the shape asks for.
    record = with_buffers(made.model, {})
    assert record == made.model
    assert packed.raw in made.model


def test_a_layer_that_they_cannot_compute_stays() -> None:
    """A channel whose sums are too large for the kernel's lanes."""
    rng = np.random.default_rng(0)
    graph = layer(rng, "fully connected", (1, 1, 2048), 2)
    weights = graph.tensors[graph.operators[0].inputs[1]]
    assert weights.data is not None
    wide = weights.data.copy()
    wide[1] = 7
    tensors = [
        type(t)(t.name, t.shape, t.dtype, t.quantization, wide) if t is weights else t
        for t in graph.tensors
    ]
    data, graph = of_file(Graph("g", tuple(tensors), graph.operators, graph.inputs, graph.outputs))
    assert with_own_kernels(data, graph) == Int4(data)


@pytest.mark.parametrize("path", [DIGITS, SINE])
def test_a_model_without_4_bits_is_left_alone(path: Path) -> None:
    data = path.read_bytes()
    assert with_own_kernels(data, read_model(data, "m").graph) == Int4(data)


@pytest.mark.parametrize("path", [DIGITS, SINE])
def test_a_copy_is_the_same_model(path: Path) -> None:
    data = path.read_bytes()
    copy = with_buffers(data, {})
    before, after = read_model(data, "m").graph, read_model(copy, "m").graph
    assert [o.attributes for o in before.operators] == [o.attributes for o in after.operators]
    for a, b in zip(before.tensors, after.tensors, strict=True):
        assert (a.name, a.shape, a.dtype, a.quantization) == (
            b.name,
            b.shape,
            b.dtype,
            b.quantization,
        )
        assert np.array_equal(a.data, b.data) if a.data is not None else b.data is None
    tensor, buffer = next(iter(buffer_of(data).items()))
    size = before.tensors[tensor].size_bytes
    changed = with_buffers(data, {buffer: bytes(size)})
    assert not np.any(read_model(changed, "m").graph.tensors[tensor].data)


def test_sources_travel_under_the_prefix() -> None:
    files = kernel_files(["CONV_2D"], "kws")
    assert "kws_cni4_convolve_w4a8.c" in files and "kws_cmsis_nn_int4.h" in files
    text = "".join(files.values())
    assert "mcugen_" not in text and " cni4_" not in text and "MCUGEN_" not in text
    assert not any("depthwise" in name for name in files)
