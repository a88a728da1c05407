"""Assembly and vector sections of kernels, in the emulator; the host runs the plain C instead."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import mcugen
from mcugen.ir.graph import DType, Graph, Operator, Tensor
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.pool import AveragePool2D
from mcugen.tflite.writer import write_model
from tests.kernels import models
from tests.kernels.test_conv import build
from tests.kernels.test_elementwise import arithmetic, comparisons
from tests.kernels.test_pool import pools
from tests.kernels.test_reduce import means
from tests.kernels.test_softmax import softmaxes
from tests.paths import needs_emulator

BOARDS = ("qemu_m4", "qemu_m55")

SOURCES = sorted((Path(mcugen.__file__).parent / "kernels").rglob("*.[ch]"))

# Of a failure the mismatch matters, and not the graphs that hypothesis writes out.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")

# Each builds and runs a firmware; more examples would be the same code on other numbers.
once = settings(models.few, max_examples=1)


@st.composite
def convolutions(draw: st.DrawFn) -> Graph:
    """Depths around multiples of 16 lanes, units around blocks of 4; windows in and out of view."""
    image_hw = (draw(st.integers(1, 8)), draw(st.integers(1, 8)))
    kernel = (draw(st.sampled_from([1, 3])), draw(st.sampled_from([1, 3, 4])))
    channels = draw(st.sampled_from([1, 3, 8, 15, 16, 17, 33]))
    units = draw(st.integers(1, 11))
    stride = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    dilation = (draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([1, 1, 2])))
    image, weights = (1, *image_hw, channels), (units, *kernel, channels)
    return build(draw, image, weights, 0, stride, dilation, "SAME")


@st.composite
def grouped(draw: st.DrawFn) -> Graph:
    groups, depth = draw(st.integers(2, 3)), draw(st.sampled_from([2, 17]))
    units = groups * draw(st.integers(1, 5))
    return build(draw, (1, 4, 5, groups * depth), (units, 3, 2, depth), padding="SAME")


@st.composite
def products(draw: st.DrawFn) -> Graph:
    """Matrix products: rows around blocks of 3."""
    rows, units = draw(st.integers(1, 8)), draw(st.integers(1, 13))
    depth = draw(st.sampled_from([1, 8, 15, 16, 17, 31, 40, 64, 130]))
    return build(draw, (1, 1, rows, depth), (units, 1, 1, depth))


OPTIONS = {
    "padding": "SAME",
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h_factor": 1,
    "dilation_w_factor": 1,
    "fused_activation_function": "NONE",
}


def ties() -> Graph:
    """A product scaled by small powers of two, so that many sums lie halfway between codes."""
    data = np.random.default_rng(3).integers(1, 4, (8, 1, 1, 3)) * [1, -1, 1]
    weights = models.constant("weights", data, DType.INT8, [2.0 ** -(2 + i % 4) for i in range(8)])
    source = models.activations("image", (1, 1, 64, 3), 1.0, 0)
    target = models.activations("output", (1, 1, 64, 8), 1.0, -1)
    return models.one_operator(Conv2D, OPTIONS, (source, weights), target)


@st.composite
def scaled_up(draw: st.DrawFn, depthwise: bool) -> Graph:
    """Multipliers around 1 in some channels; few weights, lest all codes saturate."""
    rng = np.random.default_rng(draw(models.seeds))
    image_hw = (draw(st.integers(1, 3)), draw(st.integers(1, 5)))
    units = draw(st.integers(4 if depthwise else 1, 11))
    if depthwise:
        kernel = draw(st.sampled_from([(1, 3), (3, 3), (5, 5)]))
        shape, channels, axis = (1, *kernel, units), units, 3
        taps = kernel[0] * kernel[1]
    else:
        kernel = draw(st.sampled_from([(1, 1), (1, 1), (3, 3)]))
        channels = draw(st.sampled_from([1, 3, 8, 15, 16, 17, 33]))
        shape, axis = (units, *kernel, channels), 0
        taps = kernel[0] * kernel[1] * channels
    data = rng.integers(-2, 2, shape, endpoint=True) * (rng.random(shape) < 2 / taps)
    scales = 2.0 ** rng.uniform(-4, draw(st.sampled_from([0, 1, 3])), units)
    scales[:: draw(st.integers(1, 4))] = draw(st.sampled_from([0.5, 0.25, 1.0]))
    weights = models.constant("weights", data, DType.INT8, scales.tolist(), axis)
    source = models.activations("image", (1, *image_hw, channels), 1.0, draw(models.zero_points))
    target = models.activations("output", (1, *image_hw, units), 1.0, draw(models.zero_points))
    options = OPTIONS | ({"depth_multiplier": 1} if depthwise else {})
    operator = DepthwiseConv2D if depthwise else Conv2D
    return models.one_operator(operator, options, (source, weights), target)


def rows_of_codes() -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Shapes of two inputs and the output, rows up to three vectors long."""
    sizes = st.integers(1, 50)
    same = sizes.map(lambda n: ((2, n), (2, n), (2, n)))
    column = sizes.map(lambda n: ((2, n), (2, 1), (2, n)))
    number = sizes.map(lambda n: ((1,), (2, n), (2, n)))
    return same | column | number


def average(image: tuple[int, int, int], window: tuple[int, int], stride: int) -> Graph:
    """AVERAGE_POOL_2D, the padding VALID."""
    output = [(n - k) // stride + 1 for n, k in zip(image[:2], window, strict=True)]
    options = {
        "padding": "VALID",
        "stride_h": stride,
        "stride_w": stride,
        "filter_height": window[0],
        "filter_width": window[1],
        "fused_activation_function": "NONE",
    }
    source = models.activations("image", (1, *image), 0.5, -3)
    target = models.activations("output", (1, *output, image[2]), 0.5, -3)
    return models.one_operator(AveragePool2D, options, (source,), target)


AVERAGES = (
    average((8, 8, 33), (3, 3), 2),
    average((5, 5, 20), (1, 1), 2),
    average((18, 18, 17), (18, 17), 1),  # more pixels than fit partial sums
    average((66, 65, 3), (65, 64), 1),  # and than a reciprocal is exact for
    average((18, 2, 65), (9, 2), 1),
)


def merged(graphs: Sequence[Graph]) -> Graph:
    """All graphs side by side in one."""
    tensors: list[Tensor] = []
    operators: list[Operator] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for graph in graphs:
        start = len(tensors)
        for tensor in graph.tensors:
            tensors.append(replace(tensor, source_index=len(tensors)))
        for operator in graph.operators:
            operators.append(
                replace(
                    operator,
                    inputs=tuple(t + start if t >= 0 else t for t in operator.inputs),
                    outputs=tuple(t + start for t in operator.outputs),
                    source_index=len(operators),
                )
            )
        inputs += [t + start for t in graph.inputs]
        outputs += [t + start for t in graph.outputs]
    return Graph("merged", tuple(tensors), tuple(operators), tuple(inputs), tuple(outputs))


def assert_exact(drawn: Sequence[Sequence[Graph]], board: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        model = Path(name) / "merged.tflite"
        model.write_bytes(write_model(merged([graph for graphs in drawn for graph in graphs])))
        result = mcugen.verify(model, board, count=4, output=Path(name) / "project")
    assert result.divergence is None
    assert result.mismatches == 0


def several(graphs: st.SearchStrategy[Graph], count: int) -> st.SearchStrategy[list[Graph]]:
    return st.lists(graphs, min_size=count, max_size=count)


@pytest.mark.slow
@pytest.mark.emulator
@needs_emulator
@once
@pytest.mark.parametrize("board", BOARDS)
@given(
    drawn=st.tuples(
        several(convolutions(), 40),
        several(grouped(), 4),
        several(products(), 40),
        several(scaled_up(depthwise=False), 30),
        several(scaled_up(depthwise=True), 12),
    )
)
def test_matrix_products(board: str, drawn: tuple[list[Graph], ...]) -> None:
    assert_exact([*drawn, [ties()]], board)


@pytest.mark.slow
@pytest.mark.emulator
@needs_emulator
@once
@pytest.mark.parametrize("board", BOARDS)
@given(
    drawn=st.tuples(
        several(arithmetic(rows_of_codes()), 24),
        several(comparisons(), 6),
        several(comparisons(rows_of_codes()), 12),
        several(pools(), 12),
        several(means(), 8),
        several(softmaxes(), 6),
    )
)
def test_other_kernels(board: str, drawn: tuple[list[Graph], ...]) -> None:
    assert_exact([*drawn, AVERAGES], board)


def test_predicates_are_computed() -> None:
    """GCC 12 miscompiles literal predicates of 16- and 32-bit lanes; those of VCTP are right."""
    computed = r"v(ctp|cmp)\w+\("
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        values = re.findall(r"mve_pred16_t\s+(\w+)\s*=\s*([^;]*)", text)
        assert all(re.match(computed, value) for _, value in values), f"{path.name}: {values}"
        names = {name for name, _ in values}
        for call in re.finditer(r"\bv\w+_[pzmx](_\w+)?\(", text):
            last = arguments(text, call.end())[-1].strip()
            assert last in names or re.match(computed, last), f"{path.name}: {call.group()} {last}"


def arguments(text: str, start: int) -> list[str]:
    """A call's arguments; the first begins at `start`."""
    found, depth = [""], 0
    for letter in text[start:]:
        if letter == ")" and depth == 0:
            break
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found
