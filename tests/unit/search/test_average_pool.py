"""Pools with a stride, which stand where a downsampling block is left out."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.architecture import Architecture, architecture_from_json, architecture_to_json
from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    DepthwiseSeparable,
    InvertedBottleneck,
)
from mcugen.oracle import Oracle
from mcugen.reference import evaluate
from mcugen.search.space import Node, Space
from mcugen.tflite.reader import read_model
from mcugen.train.export import export_model
from mcugen.train.float_model import float_model
from mcugen.train.qat import quantize, to_network
from mcugen.train.spec import parse_bits
from tests.unit.train.networks import codes_of_input
from tests.unit.train.test_qat import assert_exact, disturb

pytestmark = pytest.mark.train

SPACE = Space(
    "pooled",
    (11, 7, 1),
    3,
    "relu6",
    (
        Conv(channels=6, kernel=(3, 3)),
        Node(DepthwiseSeparable(channels=6, stride=(2, 2)), (4, 6), optional=True),
        Node(InvertedBottleneck(channels=6, expansion=8, residual="pad_add"), (4, 6)),
        Node(DepthwiseSeparable(channels=8, stride=(2, 2)), (6, 8), optional=True),
        Node(DepthwiseSeparable(channels=8, stride=(3, 3)), (6, 8), optional=True),
        Conv(channels=7),
        AveragePool(),
        Classifier(kind="conv"),
    ),
)
LEFT_OUT = (0, 0, 1, 0, 0, 0, 0)


def test_layers() -> None:
    architecture = SPACE.architecture(LEFT_OUT)
    pools = [x for x in architecture.layers if x.kind == "AVERAGE_POOL_2D"]
    assert [x.shape for x in pools] == [(6, 4, 6), (3, 2, 6), (1, 1, 6), (1, 1, 7)]
    # The tile is no larger than the map.
    assert [x.kernel for x in pools] == [(2, 2), (2, 2), (3, 2), (1, 1)]
    assert architecture_from_json(architecture_to_json(architecture)) == architecture


def test_a_map_of_one_element_stays() -> None:
    blocks = (Conv(channels=2), AveragePool(), AveragePool(stride=(2, 2)), Classifier())
    architecture = Architecture("tiny", (3, 3, 1), 2, "relu", blocks)
    assert architecture.layers_of_blocks[2] == ()
    assert float_model(architecture)(np.zeros((1, 3, 3, 1), np.float32)).shape == (1, 2)


@pytest.mark.parametrize("bits", ["w8a8", "w4a8", "w4a4"])
def test_files_compute_what_training_does(bits: str) -> None:
    """Every code in the reference, and the output in TFLM."""
    architecture = SPACE.architecture(LEFT_OUT)
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(80, *architecture.input)).astype(np.float32)
    quantized = quantize(float_model(architecture), parse_bits(bits), inputs)
    disturb(quantized)
    network = assert_exact(quantized, inputs[:3])
    data = export_model(to_network(quantized), softmax=False)
    graph = read_model(data, "pooled").graph
    oracle = Oracle(data)
    for example in codes_of_input(network, inputs[:8]):
        (output,) = oracle.run([example[np.newaxis]])
        values = evaluate(graph, [example[np.newaxis]])
        np.testing.assert_array_equal(output, values[graph.outputs[0]])
