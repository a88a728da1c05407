"""Weights of 4 bits with activations of 8: reference, TFLM and generated C agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import mcugen
from mcugen.ir.graph import Graph, Tensor
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.int4 import eights, nibbles
from mcugen.runtimes.aot.lower.int4_products import byte_pairs, word_pairs
from mcugen.runtimes.aot.lowered import Layer, lower_graph
from mcugen.tflite.writer import write_model
from tests.harness import check
from tests.kernels import models
from tests.kernels.int4_layers import KINDS, layer
from tests.kernels.test_emulated import merged
from tests.paths import needs_emulator

SIZES = st.sampled_from([1, 2, 3, 4, 5, 8, 17])


@st.composite
def layers(draw: st.DrawFn) -> Graph:
    """Layers of every kind, number of channels, stride and dilation."""
    rng = np.random.default_rng(draw(models.seeds))
    kind = draw(st.sampled_from(list(KINDS)))
    channels = draw(SIZES)
    image = (draw(st.integers(1, 9)), draw(st.integers(1, 9)), channels)
    if kind == "fully connected":
        return layer(rng, kind, image, draw(SIZES))
    units = channels * draw(st.integers(1, 2)) if kind == "depthwise" else draw(SIZES)
    kernel, dilation = (draw(st.integers(1, 4)), draw(st.integers(1, 4))), (1, 1)
    if draw(st.booleans()):
        dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 3)))
    fits = all((k - 1) * d < n for k, d, n in zip(kernel, dilation, image[:2], strict=True))
    padding = draw(st.sampled_from(["SAME", "VALID"])) if fits else "SAME"
    return layer(rng, kind, image, units, kernel, draw(st.integers(1, 2)), dilation, padding)


@models.few
@given(st.lists(layers(), min_size=10, max_size=10), models.seeds)
def test_int4_weights(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)
    for isa in Isa:
        taken = [lowered(graph, isa).kernel for graph in graphs]
        assert all("w4a8" in kernel for kernel in taken), taken


def lowered(graph: Graph, isa: Isa) -> Layer:
    (found,) = lower_graph(graph, isa).layers
    return found


@pytest.mark.parametrize("least", [-8, 7])
def test_extremes(least: int) -> None:
    """Sums as large as they get: all weights -8 or 7, against all activations at one end."""
    rng = np.random.default_rng(3)
    graphs = []
    for depth, units in ((255, 2), (256, 3), (64, 5)):
        graph = layer(rng, "conv", (3, 3, depth), units, least=least)
        weights = graph.tensors[1]
        data = np.full(weights.shape, least, np.int8)
        graphs.append(_with_weights(graph, replace(weights, data=data)))
    check(graphs)


def test_deep_odd_channels_stay_with_8_bits() -> None:
    """257 weights of -8 stay below 2^19, 258 might not."""
    rng = np.random.default_rng(3)
    graph = layer(rng, "conv", (3, 3, 260), 2)
    weights = graph.tensors[1]
    for eights_, kernel in ((258, "fully_connected_s8_dsp"), (257, "fully_connected_w4a8")):
        data = np.zeros(weights.shape, np.int8)
        data[1, ..., :eights_] = -8
        deep = _with_weights(graph, replace(weights, data=data))
        assert lowered(deep, Isa.DSP).kernel == kernel
    found = ("fully_connected_w4a8", "the products of channel 1 may sum to 2^19")
    data[1, ..., :258] = -8
    assert found in lowered(deep, Isa.DSP).passed_over


@pytest.mark.parametrize("isa", [Isa.MVE, Isa.PORTABLE])
def test_vast_biases_stay_with_8_bits(isa: Isa) -> None:
    graph = layer(np.random.default_rng(3), "conv", (3, 3, 8), 2)
    bias = graph.tensors[2]
    for value, kernel in ((1 << 26, "fully_connected_w4a8"), (1 << 27, "fully_connected_s8")):
        wide = replace(bias, data=np.full(2, value, np.int32))
        tensors = (*graph.tensors[:2], wide, *graph.tensors[3:])
        found = lowered(replace(graph, tensors=tensors), isa)
        assert found.kernel.startswith(kernel)
    assert found.passed_over[0][1] == "the sum of channel 0 may reach 2^27"


def _with_weights(graph: Graph, weights: Tensor) -> Graph:
    return replace(graph, tensors=(graph.tensors[0], weights, *graph.tensors[2:]))


@pytest.mark.parametrize("isa", Isa)
@pytest.mark.parametrize(
    "shape",
    [("conv", (4, 4, 64), 32), ("conv", (4, 4, 8), 6, (3, 3)), ("fully connected", (1, 1, 64), 2)],
)
def test_weights_take_half_the_flash(
    isa: Isa, shape: tuple[str, tuple[int, int, int], int]
) -> None:
    graph = layer(np.random.default_rng(3), *shape)
    (step,) = lowered(graph, isa).steps
    weights = next(v for name, v in step.params.items() if name.split(".")[-1] == "weights")
    assert weights.data.nbytes == graph.tensors[1].elements / 2  # type: ignore[union-attr]


def test_layout() -> None:
    """The fields of words and bytes, as the headers draw them."""
    rows = np.array([[1, -2, 3, -4], [-5, 6, 7, -8]], np.int64)
    fields = [7, -8 + 8, 3 + 8, -4 + 8, -5 & 15, 6 + 8, 1 + 8, -2 + 8]
    assert nibbles(rows).tolist() == [[int("".join(f"{f:x}" for f in fields), 16)]]
    assert eights(np.arange(-8, 1, dtype=np.int8)).tolist() == [0x73625140, 8]
    bytes_ = [[0xB1, 0x6E, 0x73, 0x8C], [0x02, 0x02, 0x02, 0x02]]
    three = np.vstack([rows, [[2] * 4]])
    assert byte_pairs(three, 0).view(np.uint8).tolist() == bytes_
    assert byte_pairs(three, 8).view(np.uint8).tolist() == np.bitwise_xor(bytes_, 8).tolist()
    words = [0x0FE34B69, 0xAAAA]
    assert word_pairs(three).tolist() == words
    # Blocks of four units, then what is left; words of four depths.
    five = np.arange(-8, 2).reshape(5, 2).repeat(3, axis=1)
    by_unit = [word_pairs(pair) for pair in (five[:2], five[2:4], five[4:])]
    expected = [*np.stack(by_unit[:2], axis=1).reshape(-1), *by_unit[2]]
    assert word_pairs(five).tolist() == expected


def scaled_up(graph: Graph) -> Graph:
    """The same layer with output codes larger than the sums."""
    *others, output = graph.tensors
    quantization = replace(output.q, scales=(graph.tensors[0].q.scale * 1e-4,))
    return replace(graph, tensors=(*others, replace(output, quantization=quantization)))


@pytest.mark.slow
@pytest.mark.emulator
@needs_emulator
@pytest.mark.parametrize("board", ["qemu_m0", "qemu_m3", "qemu_m55"])
def test_boards(board: str, tmp_path: Path) -> None:
    """Depths around vectors and words, units around blocks, rows around those side by side."""
    rng = np.random.default_rng(3)
    graphs = [
        layer(rng, "fully connected", (1, rows, depth), units)
        for rows, depth, units in (
            *((1, depth, 4 + depth % 5) for depth in (1, 3, 15, 16, 17, 33, 107)),
            *((2, 19, 9), (3, 40, 8), (4, 16, 5), (5, 130, 11), (7, 31, 4), (8, 64, 1)),
        )
    ]
    graphs += [
        layer(rng, "conv", (h, w, channels), units, kernel, stride, dilation)
        for h, w, channels, units, kernel, stride, dilation in (
            (5, 5, 4, 8, (3, 3), 1, (1, 1)),
            (7, 6, 5, 9, (3, 2), 2, (1, 1)),
            (9, 8, 3, 4, (3, 3), 1, (2, 2)),
            (1, 2, 7, 6, (3, 3), 1, (1, 1)),
            (2, 2, 17, 3, (2, 2), 1, (1, 1)),
            (4, 4, 80, 4, (3, 3), 1, (1, 1)),
        )
    ]
    graphs += [layer(rng, "depthwise", (6, 7, 1), 5, (3, 3))]
    graphs += [scaled_up(graph) for graph in (graphs[5], graphs[9], graphs[13])]
    model = tmp_path / "merged.tflite"
    model.write_bytes(write_model(merged(graphs)))
    result = mcugen.verify(model, board, count=4, output=tmp_path / "project")
    assert result.divergence is None
    assert result.mismatches == 0
