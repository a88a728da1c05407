"""What inspect finds in a model, and the stages that --emit prints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.boards import load_board
from mcugen.dump import graph_document, plan_document
from mcugen.inspection import CODE_MARGIN_BYTES, DATA_MARGIN_BYTES, estimate_fit, inspect_loaded
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.conv import Conv2D
from mcugen.ir.ops.window import Pads, Window
from mcugen.model import Model
from mcugen.results import InspectResult, as_json


def conv_graph(size: int = 8, channels: int = 4) -> Graph:
    """One 3×3 convolution over a `size`×`size` image."""
    q = Quantization((0.5,), (3,))
    weights = np.arange(channels * 9, dtype=np.int8).reshape(channels, 3, 3, 1)
    per_channel = Quantization(tuple(0.01 * (i + 1) for i in range(channels)), (0,) * channels)
    bias_scale = Quantization(tuple(0.005 * (i + 1) for i in range(channels)), (0,) * channels)
    tensors = (
        Tensor("image", (1, size, size, 1), DType.INT8, q),
        Tensor("weights", weights.shape, DType.INT8, per_channel, weights),
        Tensor("bias", (channels,), DType.INT32, bias_scale, np.zeros(channels, np.int32)),
        Tensor("out", (1, size, size, channels), DType.INT8, q),
    )
    window = Window(1, 1, 1, 1, "SAME", Pads(1, 1, 1, 1))
    return Graph("tiny", tensors, (Operator(Conv2D(window), (0, 1, 2), (3,)),), (0,), (3,))


def model(graph: Graph) -> Model:
    return Model(Path("tiny.tflite"), b"bytes", graph, ("a note",))


@pytest.fixture(scope="module")
def result() -> InspectResult:
    return inspect_loaded(model(conv_graph()), [load_board("qemu_m4"), load_board("qemu_m0")])


def test_counts(result: InspectResult) -> None:
    assert result.macs == 8 * 8 * 4 * 9
    assert result.params == 4 * 9 + 4
    assert result.weights_bytes == 4 * 9 + 4 * 4
    assert result.arena_bytes >= 64 + 256
    assert result.model_bytes == 5
    assert result.notes == ("a note",)


def test_operators_and_tensors(result: InspectResult) -> None:
    (operator,) = result.operators
    assert (operator.op, operator.name, operator.output_shape) == ("CONV_2D", "out", (1, 8, 8, 4))
    assert operator.params == 40 and operator.live_bytes <= result.arena_bytes
    kinds = {tensor.name: tensor for tensor in result.tensors}
    assert kinds["image"].kind == "input" and kinds["image"].first_step == -1
    assert kinds["out"].kind == "output" and kinds["out"].last_step == 1
    assert kinds["weights"].kind == "constant" and kinds["weights"].offset_bytes is None
    assert kinds["weights"].quantization is not None
    assert kinds["weights"].quantization.axis == 0
    assert kinds["image"].quantization is not None
    assert kinds["image"].quantization.axis is None


def test_every_result_is_json(result: InspectResult) -> None:
    document = json.loads(json.dumps(as_json(result), allow_nan=False))
    assert {"macs", "params", "arena_bytes", "operators"} <= set(document)
    assert document["timeline"]["peak_bytes"] <= document["arena_bytes"]


def test_a_board_fits_with_margins_only() -> None:
    board = load_board("qemu_m0")
    small = estimate_fit(model(conv_graph()).program(), board)
    assert small.fits is True and small.verdict == "fits"
    program = model(conv_graph()).program()
    assert small.flash_bytes == program.constants_bytes + CODE_MARGIN_BYTES
    assert small.ram_bytes == program.arena_bytes + board.stack_bytes + DATA_MARGIN_BYTES
    big = estimate_fit(model(conv_graph(size=64)).program(), board)
    assert big.fits is False and big.verdict.startswith("too big: RAM by ")


def test_between_sure_and_impossible_only_a_build_can_tell() -> None:
    board = load_board("qemu_m0")
    for size in range(20, 64):
        fit = estimate_fit(model(conv_graph(size=size)).program(), board)
        if fit.fits is None:
            assert fit.ram_bytes > fit.ram_limit_bytes
            assert fit.verdict == "close: build to know"
            return
    pytest.fail("no size between")


def test_stages_are_json() -> None:
    graph = conv_graph()
    document = json.loads(json.dumps(graph_document(graph), allow_nan=False))
    assert document["operators"][0]["op"] == "CONV_2D"
    assert document["operators"][0]["attributes"]["window"]["pads"]["top"] == 1
    assert [tensor["constant"] for tensor in document["tensors"]] == [False, True, True, False]
    plan = json.loads(json.dumps(plan_document(model(graph).program()), allow_nan=False))
    assert plan["layers"][0]["steps"][0]["kernel"]
    assert plan["arena_bytes"] >= 320
