"""Layers with 4-bit activations: reference, TFLM and generated C agree."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import mcugen
from mcugen.building import make_target
from mcugen.execution import open_session
from mcugen.ir.graph import DType, Graph
from mcugen.isa import Isa
from mcugen.model import load
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.samples import seeded
from mcugen.tflite.writer import write_model
from mcugen.verification import find_divergence
from tests.harness import check
from tests.kernels import models
from tests.kernels.int4_models import BYTES, SIGNED, UNSIGNED, Chain
from tests.paths import needs_emulator


def kernels(graph: Graph, isa: Isa = Isa.DSP) -> list[str]:
    return [layer.kernel for layer in lower_graph(graph, isa).layers]


@st.composite
def chains(draw: st.DrawFn) -> Graph:
    """A few layers of every kind, most with packed tensors on both sides."""
    side, extent, step = st.integers(2, 8), st.integers(1, 3), st.integers(1, 2)
    channels = st.sampled_from([1, 2, 3, 5, 8, 17, 24])
    stored = st.sampled_from([UNSIGNED, UNSIGNED, SIGNED, BYTES])
    bits = st.sampled_from([DType.INT4, DType.INT4, DType.INT8])
    chain = Chain((1, draw(side), draw(side), draw(channels)), draw(models.seeds))
    for _ in range(draw(st.integers(2, 4))):
        kind = draw(st.sampled_from(["conv", "pointwise", "pointwise", "depthwise"]))
        kernel = (draw(extent), draw(extent)) if kind != "pointwise" else (1, 1)
        stride = (draw(step), draw(step))
        out, weights = draw(stored), draw(bits)
        if kind == "depthwise":
            chain.depthwise(kernel, stride, out=out, weights=weights)
        else:
            chain.conv(draw(channels), kernel, stride, out=out, weights=weights)
    return chain.dense(draw(st.integers(1, 9))).graph()


@models.few
@given(st.lists(chains(), min_size=6, max_size=6), models.seeds)
def test_chains(graphs: list[Graph], seed: int) -> None:
    check(graphs, seed)


def pointwise(pixels: int, depth: int, units: int, seed: int = 0) -> Graph:
    """A product of packed activations, packed again, and one whose output is int8."""
    chain = Chain((1, 1, pixels, 4), seed).conv(depth).conv(units).conv(units, out=SIGNED)
    return chain.conv(3, out=BYTES).graph()


@pytest.mark.parametrize(("pixels", "depth"), [(1, 264), (3, 7), (6, 9), (9, 72)])
def test_pixels_and_depths_left_over_are_exact(pixels: int, depth: int) -> None:
    graph = pointwise(pixels, depth, 7, depth)
    assert kernels(graph)[1:3] == ["conv_w4a4", "conv_w4a4"]
    check([graph], depth)


def test_largest_weights_are_exact() -> None:
    """Sums at both ends of their range, in several segments."""
    graph = pointwise(4, 104, 4)
    weights = graph.tensors[graph.operators[1].inputs[1]]
    rows = np.array([-7, 7, 7, -7], np.int8)
    assert weights.data is not None
    weights.data[:] = rows.reshape(4, 1, 1, 1)
    step = lower_graph(graph).layers[1].steps[0]
    assert (step.params["matmul.first_segment"], step.params["matmul.segment"]) == (8, 32)
    check([graph])


WINDOWS = [
    Chain((1, 6, 5, 2)).conv(6).conv(5, (3, 3)).conv(4, (3, 3), (2, 2), "VALID"),
    Chain((1, 6, 5, 2)).conv(3).conv(4, (5, 7)).conv(4, (6, 5), padding="VALID"),
    Chain((1, 7, 9, 2)).conv(4, out=SIGNED).conv(4, (2, 3), dilation=(2, 3)),
    Chain((1, 9, 4, 2)).conv(4).depthwise((3, 3)).depthwise((5, 1), (2, 1), multiplier=2),
    Chain((1, 8, 8, 2)).conv(5, out=SIGNED).max_pool().conv(6).average_pool((4, 4)),
    Chain((1, 8, 8, 2)).conv(6).max_pool().reshape((1, 2, 8, 6)).conv(4).reshape((1, 64)),
    Chain((1, 4, 4, 3)).conv(6, weights=DType.INT8).reshape((1, 96)).dense(10, UNSIGNED),
]


@pytest.mark.parametrize("chain", WINDOWS, ids=range(len(WINDOWS)))
def test_windows_and_seams_are_exact(chain: Chain) -> None:
    graph = chain.dense(4).graph()
    assert any(
        t.dtype is DType.INT4 and not t.is_constant for t in lower_graph(graph).graph.tensors
    )
    check([graph])


DEPTHWISE = [
    Chain((1, 9, 5, 4), 1).conv(64).depthwise(),
    Chain((1, 9, 5, 4), 2).conv(64, out=SIGNED).depthwise(out=SIGNED),
    Chain((1, 9, 8, 4), 3).conv(7).depthwise((3, 3), (2, 2), out=SIGNED),
    Chain((1, 6, 7, 4), 4).conv(6, out=SIGNED).depthwise((5, 4), padding="VALID"),
    Chain((1, 5, 9, 4), 5).conv(3).depthwise((3, 1), (1, 2), weights=DType.INT4),
    Chain((1, 4, 60, 4), 6).conv(9).depthwise((2, 2), out=SIGNED, weights=DType.INT4),
    Chain((1, 1, 6, 4), 7).conv(10).depthwise((1, 1)),
]


@pytest.mark.parametrize("chain", DEPTHWISE, ids=range(len(DEPTHWISE)))
def test_packed_depthwise_is_exact(chain: Chain) -> None:
    graph = chain.conv(4, out=BYTES).graph()
    assert kernels(graph)[1] == "depthwise_conv_a4_dsp"
    check([graph])


def test_depthwise_falls_back_to_strips() -> None:
    """Between packed and int8 tensors, and with several outputs a channel."""
    for chain in (
        Chain((1, 9, 8, 4), 1).conv(8).depthwise(out=BYTES),
        Chain((1, 9, 8, 4), 2).depthwise().conv(8),
        Chain((1, 9, 8, 4), 3).conv(8).depthwise(multiplier=2),
    ):
        graph = chain.conv(4, out=BYTES).graph()
        assert "depthwise_conv_s8" in "".join(kernels(graph))
        check([graph])


def ds_cnn(stored: object = UNSIGNED) -> Graph:
    """As KWS networks are: depthwise at 8 bits, everything else at 4."""
    chain = Chain((1, 25, 5, 4)).conv(64, out=stored)  # type: ignore[arg-type]
    for _ in range(2):
        chain.depthwise(out=stored).conv(64, out=stored)  # type: ignore[arg-type]
    return chain.average_pool((25, 5)).dense(12).graph()


def test_activations_take_half_the_arena() -> None:
    four, eight = lower_graph(ds_cnn(), Isa.DSP), lower_graph(ds_cnn(BYTES), Isa.DSP)
    assert {t.size_bytes for t in four.graph.tensors if t.shape == (1, 25, 5, 64)} == {4000}
    assert four.arena_bytes < 0.56 * eight.arena_bytes


@pytest.mark.slow
@needs_emulator
@pytest.mark.parametrize("board", ["qemu_m0", "qemu_m3", "qemu_m4", "qemu_m33", "qemu_m55"])
def test_every_core_is_exact(board: str, tmp_path: Path) -> None:
    chain = Chain((1, 9, 7, 5)).conv(24, (3, 3)).depthwise().conv(136).conv(17, out=SIGNED)
    graph = chain.conv(9, (3, 3)).max_pool().conv(40, out=BYTES).dense(5).graph()
    model = tmp_path / "w4a4.tflite"
    model.write_bytes(write_model(graph))
    result = mcugen.verify(model, board, count=5, output=tmp_path / "project")
    assert result.mismatches == 0
    # Every layer's bytes, packed ones too, against those of the reference.
    loaded = load(model)
    session = open_session(make_target(loaded, board, tmp_path / "project"), trace=True)
    assert find_divergence(session, seeded(loaded.graph, 2, 0)) is None
