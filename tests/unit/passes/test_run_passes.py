"""Passes, one by one and all together, keep every result of any graph."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mcugen.ir.graph import Graph
from mcugen.passes import PASSES, run_passes
from tests.unit.passes.builder import OTHER, QUANTIZATION, Builder, assert_same_results, names

SHAPE = (1, 4, 4, 3)
STEPS = (
    "reshape",
    "same reshape",
    "transpose",
    "same transpose",
    "pad",
    "same pad",
    "slice",
    "same slice",
    "concat",
    "same concat",
    "requantize",
    "same quantize",
    "conv",
    "padded conv",
    "depthwise",
    "dead channels",
    "read",
    "assign",
)


def add(b: Builder, step: str, t: int, other: int) -> int:
    """Adds the operators of one step to tensors of SHAPE; the result has it again."""
    halves = [b.slice(t, (0, 0, 0, 0), (1, 2, 4, 3)), b.slice(other, (0, 2, 0, 0), (1, 2, 4, 3))]
    if step == "reshape":
        return b.reshape(b.reshape(t, (48,)), SHAPE)
    if step == "transpose":
        return b.transpose(t, (0, 2, 1, 3))
    if step == "same transpose":
        return b.transpose(t, (0, 1, 2, 3))
    if step == "pad":
        return b.slice(b.pad(t, [(0, 0), (1, 0), (0, 2), (0, 0)]), (0, 0, 1, 0), SHAPE)
    if step == "same pad":
        return b.pad(t, [(0, 0)] * 4, 5)
    if step == "slice":
        return b.concat([halves[0], halves[0]], 1)
    if step == "same slice":
        return b.slice(t, (0, 0, 0, 0), SHAPE)
    if step == "concat":
        return b.concat(halves, 1)
    if step == "same concat":
        return b.concat([t], -1)
    if step == "requantize":
        return b.quantize(b.quantize(t, OTHER), QUANTIZATION)
    if step == "same quantize":
        return b.quantize(t)
    if step == "conv":
        return b.conv(t, padding="SAME")
    if step == "padded conv":
        return b.conv(b.pad(t, [(0, 0), (1, 0), (0, 1), (0, 0)]))
    if step == "depthwise":
        return b.conv(t, depthwise=True, padding="SAME")
    if step == "dead channels":
        wide = b.pointwise(t, [0, 900, -(1 << 30), 7, 40, 1 << 30, 300, 0, -70], dead=(1, 2, 5, 7))
        return b.conv(b.conv(b.average_pool(wide), depthwise=True, padding="SAME"), padding="SAME")
    if step == "read":
        return b.read(0)
    if step == "assign":
        b.assign(0, t)
    return b.reshape(t, SHAPE)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Steps on random earlier tensors, constants among them; some results are outputs."""
    b = Builder()
    b.state(SHAPE)
    pool = [b.input(SHAPE), b.input(SHAPE), b.constant(SHAPE)]
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=7)):
        pool.append(add(b, step, draw(st.sampled_from(pool)), draw(st.sampled_from(pool))))
    outputs = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3))
    return b.graph(*outputs)


@pytest.mark.parametrize("name", PASSES)
@settings(max_examples=25, deadline=None)
@given(graph=graphs(), seed=st.integers(0, 99))
def test_each_pass_keeps_results(name: str, graph: Graph, seed: int) -> None:
    assert_same_results(graph, PASSES[name](graph), seed)


@settings(max_examples=50, deadline=None)
@given(graph=graphs(), seed=st.integers(0, 99))
def test_all_passes_keep_results(graph: Graph, seed: int) -> None:
    after = run_passes(graph)
    assert_same_results(graph, after, seed)
    assert len(after.operators) <= len(graph.operators)
    assert names(run_passes(after)) == names(after)


def test_passes_feed_each_other() -> None:
    """A no-op between PAD and convolution does not hinder; what is left is one operator."""
    b = Builder()
    padded = b.quantize(b.pad(b.input((1, 3, 3, 2)), [(0, 0), (1, 1), (1, 1), (0, 0)]))
    b.shape_of(padded)
    graph = b.graph(b.conv(padded))
    after = run_passes(graph)
    assert names(after) == ["CONV_2D"]
    assert len(after.tensors) == 3
    assert_same_results(graph, after)
