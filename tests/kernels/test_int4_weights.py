"""Weights of 4 bits with activations of 8: reference, TFLM and generated C agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from mcugen.ir.graph import Graph, Tensor
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.int4 import eights, nibbles
from mcugen.runtimes.aot.lowered import lower_graph
from tests.harness import check
from tests.kernels import models
from tests.kernels.int4_layers import KINDS, layer

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
    taken = Counter(
        lowered.kernel for graph in graphs for lowered in lower_graph(graph, Isa.DSP).layers
    )
    assert sum(count for kernel, count in taken.items() if "w4a8" in kernel) > 4, taken


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
        (lowered,) = lower_graph(deep, Isa.DSP).layers
        assert lowered.kernel == kernel
    found = ("fully_connected_w4a8", "the products of channel 1 may sum to 2^19")
    data[1, ..., :258] = -8
    assert found in lower_graph(deep, Isa.DSP).layers[0].passed_over


def _with_weights(graph: Graph, weights: Tensor) -> Graph:
    return replace(graph, tensors=(graph.tensors[0], weights, *graph.tensors[2:]))


def test_weights_take_half_the_flash() -> None:
    rng = np.random.default_rng(3)
    graph = layer(rng, "conv", (4, 4, 64), 32)
    (step,) = lower_graph(graph, Isa.DSP).layers[0].steps
    assert step.params["matmul.weights"].data.nbytes == 64 * 32 / 2  # type: ignore[union-attr]


def test_layout() -> None:
    """The fields of a word, as mcugen_matmul_w4a8.h and mcugen_nibbles.h draw them."""
    rows = np.array([[1, -2, 3, -4], [-5, 6, 7, -8]], np.int64)
    fields = [7, -8 + 8, 3 + 8, -4 + 8, -5 & 15, 6 + 8, 1 + 8, -2 + 8]
    assert nibbles(rows).tolist() == [[int("".join(f"{f:x}" for f in fields), 16)]]
    assert eights(np.arange(-8, 1, dtype=np.int8)).tolist() == [0x73625140, 8]
