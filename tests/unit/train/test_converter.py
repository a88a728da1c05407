"""TensorFlow's own converter, given the same float network and inputs, makes the same int8 file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("tensorflow")

from mcugen.architecture import Architecture, read_architecture
from mcugen.architecture.blocks import AveragePool, Classifier, Conv, InvertedBottleneck
from mcugen.ir.graph import Graph, Operands
from mcugen.passes.channel_ranges import WEIGHTED
from mcugen.reference import evaluate
from mcugen.tflite.reader import read_model
from mcugen.train.export import export_graph
from mcugen.train.float_model import float_model
from mcugen.train.qat import quantize, to_network
from mcugen.train.spec import parse_bits
from mcugen.train.tensorflow import keras, tf
from tests.unit.train.networks import codes_of_input

# The converter says that it misses statistics, and keeps what it was given.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore:Statistics:UserWarning")]

BOTTLENECKS = Architecture(
    "bottlenecks",
    (12, 12, 2),
    3,
    "relu6",
    (
        Conv(channels=6, kernel=(3, 3), stride=(2, 2)),
        InvertedBottleneck(expansion=10, channels=6, residual="add"),
        InvertedBottleneck(expansion=12, channels=8, residual="pad_add"),
        AveragePool(),
        Classifier(kind="conv"),
    ),
)


def converted(model: Any, inputs: npt.NDArray[np.float32]) -> Graph:
    """The converter's file; the fixed batch spares it the computing of shapes."""
    image = keras.Input(batch_shape=(1, *inputs.shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([x[np.newaxis]] for x in inputs)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return read_model(converter.convert(), "converted").graph


def by_kind(graph: Graph) -> list[Operands]:
    """The operators; of a kind, in their order.

    Branches of a network have none, and the converter leaves out a RESHAPE that rows do not need.
    """
    operators = [x for x in graph if x.operator.name != "RESHAPE"]
    return sorted(operators, key=lambda x: x.operator.name)


@pytest.mark.parametrize("architecture", [read_architecture("ds_cnn_s"), BOTTLENECKS])
def test_the_converter_agrees(architecture: Architecture) -> None:
    model = float_model(architecture, seed=1)
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(32, *architecture.input)).astype(np.float32)
    network = to_network(quantize(model, parse_bits("8"), inputs))
    ours, theirs = export_graph(network, softmax=False), converted(model, inputs)
    summed = {t for x in ours if x.operator.name == "ADD" for t in x.operator.inputs}
    for a, b in zip(by_kind(ours), by_kind(theirs), strict=True):
        assert a.operator.name == b.operator.name
        assert a.output().shape == b.output().shape
        mine, its = a.output().q, b.output().q
        if a.operator.outputs[0] in summed:
            # The converter makes some of these wider than what they hold.
            assert mine.scale < 1.02 * its.scale, a.output().name
        else:
            assert abs(mine.scale / its.scale - 1) < 1e-4, a.output().name
            assert mine.zero_point == its.zero_point
        if a.operator.name in WEIGHTED:
            ours_w, theirs_w = a.input(1), b.input(1)
            assert ours_w.data is not None and theirs_w.data is not None
            np.testing.assert_allclose(ours_w.q.scales, theirs_w.q.scales, rtol=1e-4)
            assert np.abs(ours_w.data.astype(int) - theirs_w.data).max() <= 1
    for codes in codes_of_input(network, inputs[:4]):
        logits = [evaluate(g, [codes[np.newaxis]])[g.outputs[0]] for g in (ours, theirs)]
        assert np.abs(logits[0].astype(int) - logits[1]).max() <= 8
