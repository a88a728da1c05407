"""Float models as the operators of their files; what is not supported is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.train.float_model import float_model
from mcugen.train.folding import fold
from mcugen.train.tensorflow import keras, tf
from tests.unit.train.models import batch_norm, ds_cnn, examples, windows

pytestmark = pytest.mark.train

K = keras.layers


def test_operators_of_a_model() -> None:
    found = [(node.kind, node.name, node.activation, node.inputs) for node in fold(ds_cnn())]
    assert found == [
        ("CONV_2D", "conv", "RELU6", (-1,)),
        ("DEPTHWISE_CONV_2D", "depthwise", "RELU6", (0,)),
        ("CONV_2D", "pointwise", "RELU", (1,)),
        ("MEAN", "pool", "NONE", (2,)),
        ("FULLY_CONNECTED", "classifier", "NONE", (3,)),
    ]
    add = next(node for node in fold(windows()) if node.kind == "ADD")
    assert (add.activation, add.inputs) == ("RELU", (2, 3))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
def test_folded_constants_compute_the_same(bias: bool, options: dict[str, bool]) -> None:
    rng = np.random.default_rng(0)
    inputs = keras.Input((5, 5, 3), name="input")
    layer = K.DepthwiseConv2D(3, depth_multiplier=2, use_bias=bias, name="depthwise")
    x = layer(inputs)
    norm = K.BatchNormalization(**options)
    model = keras.Model(inputs, norm(x))
    for variable in norm.variables:
        variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    (node,) = fold(model)
    assert node.kernel is not None and node.kernel.shape == (3, 3, 1, 6)
    kernel = node.kernel.reshape(3, 3, 3, 2)
    features = examples(model, 2)
    sums = tf.nn.depthwise_conv2d(features, kernel, [1, 1, 1, 1], "VALID") + node.bias
    np.testing.assert_allclose(sums, model(features, training=False), rtol=1e-4, atol=1e-4)


def test_sequential_models_and_dropout() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), K.Dense(3, activation="relu"), K.Dropout(0.5), K.Dense(2), K.Softmax()]
    )
    assert [(n.kind, n.activation) for n in fold(model)] == [
        ("FULLY_CONNECTED", "RELU"),
        ("FULLY_CONNECTED", "NONE"),
    ]


@pytest.mark.parametrize("name", ["micronet_kws_s", "micronet_vww_2", "ds_cnn_s"])
def test_named_architectures(name: str) -> None:
    """An operator for each layer, of the same name."""
    architecture = read_architecture(name)
    layers = [layer for layer in architecture.layers if layer.kind != "SOFTMAX"]
    nodes = fold(float_model(architecture))
    assert [node.name for node in nodes] == [layer.name for layer in layers]
    assert [node.shape for node in nodes] == [tuple(layer.shape) for layer in layers]
    kinds = [layer.kind.replace("AVERAGE_POOL_2D", "MEAN") for layer in layers]
    assert [node.kind for node in nodes] == kinds


class Scaled(keras.layers.Dense):  # type: ignore[misc]
    """Not what it says it is."""

    def call(self, x: Any) -> Any:
        return 2.0 * super().call(x)


def twice(x: Any) -> Any:
    shared = K.Conv2D(2, 1, name="shared")
    return shared(shared(x))


def shared_relu_input(x: Any) -> Any:
    x = K.Conv2D(2, 1, name="conv")(x)
    return K.Add()([K.ReLU(name="odd")(x), x])


def shared_behind_dropout(x: Any) -> Any:
    x = K.Conv2D(2, 1, name="conv")(x)
    return K.Add()([K.ReLU(name="odd")(K.Dropout(0.1)(x)), x])


REJECTED: list[tuple[str, Callable[[Any], Any]]] = [
    ("layer 'odd' is a LayerNormalization", K.LayerNormalization(name="odd")),
    ("layer 'odd' is a SeparableConv2D", K.SeparableConv2D(2, 3, name="odd")),
    ("layer 'odd' is a Conv2DTranspose", K.Conv2DTranspose(2, 3, name="odd")),
    ("layer 'odd' is a Scaled", lambda x: Scaled(3, name="odd")(K.Flatten()(x))),
    ("is a Add", lambda x: K.Conv2D(2, 1)(x + x)),
    ("layer 'odd' has 2 groups", K.Conv2D(4, 3, groups=2, name="odd")),
    ("layer 'odd' reads a tensor of 3 axes", K.Dense(2, name="odd")),
    ("layer 'odd' has the activation 'tanh'", K.Conv2D(2, 1, activation="tanh", name="odd")),
    ("layer 'odd' has the activation 'softmax'", K.Conv2D(2, 1, activation="softmax", name="odd")),
    ("layer 'odd' has the activation 'gelu'", K.Activation("gelu", name="odd")),
    ("layer 'odd' is no plain ReLU", K.ReLU(negative_slope=0.1, name="odd")),
    ("layer 'odd' is no plain ReLU", K.ReLU(2.0, name="odd")),
    ("layer 'odd' comes after the input", K.ReLU(name="odd")),
    ("layer 'odd' comes after the input", K.BatchNormalization(name="odd")),
    (
        "layer 'odd' comes after 'conv'",
        lambda x: K.BatchNormalization(name="odd")(
            K.Conv2D(2, 1, activation="relu", name="conv")(x)
        ),
    ),
    (
        "layer 'odd' comes after 'pool'",
        lambda x: K.ReLU(name="odd")(K.MaxPooling2D(2, name="pool")(x)),
    ),
    ("layer 'odd' shares the output of 'conv'", shared_relu_input),
    ("layer 'odd' shares the output of 'conv'", shared_behind_dropout),
    (
        "layer 'odd' normalises axis 1",
        lambda x: K.BatchNormalization(1, name="odd")(K.Conv2D(2, 1)(x)),
    ),
    ("layer 'odd' is a softmax inside", lambda x: K.Conv2D(2, 1)(K.Softmax(name="odd")(x))),
    ("layer 'odd' adds tensors of shapes", lambda x: K.Add(name="odd")([x, x, x])),
    ("layer 'odd' adds tensors of shapes", lambda x: K.Add(name="odd")([x, K.Conv2D(1, 1)(x)])),
    ("layer 'shared' is used more than once", twice),
    (
        "layer 'odd' has its channels first",
        K.MaxPooling2D(2, data_format="channels_first", name="odd"),
    ),
]


@pytest.mark.parametrize(("problem", "build"), REJECTED)
def test_rejected_layers(problem: str, build: Callable[[Any], Any]) -> None:
    inputs = keras.Input((6, 6, 2), name="input")
    with pytest.raises(InputRejected, match=problem) as caught:
        fold(keras.Model(inputs, build(inputs)))
    assert caught.value.hint


def test_rejected_models() -> None:
    inputs = keras.Input((6, 6, 2), name="input")
    other = keras.Input((6, 6, 2), name="other")
    for model, problem in (
        (keras.Model([inputs, other], K.Add()([inputs, other])), "2 inputs and 1 outputs"),
        (keras.Model(inputs, [K.Conv2D(1, 1)(inputs), K.Conv2D(2, 1)(inputs)]), "2 outputs"),
        (keras.Sequential([K.Dense(2)]), "no functional Keras model"),
        (keras.Model(inputs, inputs), "no functional Keras model with layers"),
        (K.Dense(2, name="dense"), "'dense' is no functional Keras model"),
        (None, "'NoneType' is no functional Keras model"),
    ):
        with pytest.raises(InputRejected, match=problem):
            fold(model)


def test_batch_norm_after_two_readers_is_rejected() -> None:
    inputs = keras.Input((6, 6, 2), name="input")
    x = K.Conv2D(2, 1, name="conv")(inputs)
    y = batch_norm(x, "conv", np.random.default_rng(0))
    with pytest.raises(InputRejected, match=r"'conv\.batch_norm' shares the output of 'conv'"):
        fold(keras.Model(inputs, K.Add()([x, y])))
