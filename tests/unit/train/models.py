"""Float models with every supported layer, of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.train.pad_channels import PadChannels
from mcugen.train.tensorflow import keras

K = keras.layers


def examples(model: Any, count: int, seed: int = 0) -> Any:
    """Inputs of the model."""
    shape = (count, *model.input_shape[1:])
    return np.random.default_rng(seed).normal(0.3, 2, shape).astype(np.float32)


def batch_norm(x: Any, name: str, rng: np.random.Generator) -> Any:
    """Normalisation that is far from doing nothing."""
    layer = K.BatchNormalization(name=f"{name}.batch_norm")
    y = layer(x)
    for variable, low, high in (
        (layer.moving_mean, -0.5, 0.5),
        (layer.moving_variance, 0.3, 1.5),
        (layer.gamma, -1.5, 1.5),
        (layer.beta, -0.5, 0.5),
    ):
        variable.assign(rng.uniform(low, high, variable.shape))
    return y


def ds_cnn() -> Any:
    """Separable convolutions with ReLU6, global pool, Dense and softmax."""
    rng = np.random.default_rng(1)
    keras.utils.set_random_seed(1)
    inputs = x = keras.Input((20, 6, 1), name="input")
    x = K.Conv2D(12, (10, 4), 2, padding="same", use_bias=False, name="conv")(x)
    x = K.ReLU(6.0)(batch_norm(x, "conv", rng))
    x = K.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    x = K.Activation("relu6")(batch_norm(x, "depthwise", rng))
    x = K.Conv2D(12, 1, name="pointwise")(x)
    x = K.ReLU()(batch_norm(x, "pointwise", rng))
    x = K.Dropout(0.3)(K.GlobalAveragePooling2D(name="pool")(x))
    x = K.Dense(5, name="classifier")(x)
    return keras.Model(inputs, K.Softmax()(x), name="ds_cnn")


def residual() -> Any:
    """Linear bottlenecks, additions with and without padded channels, classifier as convolution."""
    rng = np.random.default_rng(2)
    keras.utils.set_random_seed(2)
    inputs = x = keras.Input((9, 8, 3), name="image")
    x = K.ZeroPadding2D(((0, 1), (1, 0)), name="pad")(x)
    x = K.Conv2D(8, 3, 2, activation="relu6", name="conv")(x)
    for block, channels in enumerate((8, 12)):
        y = K.Conv2D(16, 1, use_bias=False, name=f"expand_{block}")(x)
        y = K.ReLU(6.0)(batch_norm(y, f"expand_{block}", rng))
        y = K.DepthwiseConv2D(3, padding="same", name=f"depthwise_{block}")(y)
        y = K.ReLU(6.0)(batch_norm(y, f"depthwise_{block}", rng))
        y = batch_norm(K.Conv2D(channels, 1, name=f"project_{block}")(y), f"project_{block}", rng)
        x = PadChannels(channels, name=f"widen_{block}")(x) if channels > 8 else x
        x = K.Add(name=f"add_{block}")([x, y])
    x = K.Conv2D(6, 1, name="linear")(x)
    x = K.Conv2D(8, 1, activation="relu", name="last")(x)
    x = K.AveragePooling2D(4, name="pool")(x)
    return keras.Model(inputs, K.Flatten(name="flat")(K.Conv2D(3, 1, name="logits")(x)), name="res")


def windows() -> Any:
    """Dilation, a depth multiplier, pools of all kinds, an addition with ReLU."""
    keras.utils.set_random_seed(3)
    inputs = x = keras.Input((13, 11, 2), name="input")
    x = K.Conv2D(4, 3, dilation_rate=2, padding="same", name="dilated")(x)
    x = K.MaxPooling2D(2, padding="same", name="max_pool")(x)
    x = K.ReLU()(K.DepthwiseConv2D(3, depth_multiplier=2, name="multiplied")(x))
    y = K.Conv2D(8, (1, 3), padding="same", name="branch")(x)
    x = K.ReLU(name="add_relu")(K.Add(name="add")([x, y]))
    x = K.Conv2D(8, 1, activation="relu", name="before_pool")(x)
    x = K.AveragePooling2D(3, strides=1, padding="same", name="average_pool")(x)
    x = K.Conv2D(8, 1, activation="relu", name="after_pool")(x)
    x = K.GlobalAveragePooling2D(keepdims=True, name="global_pool")(x)
    x = K.Dense(7, activation="relu", name="hidden")(K.Reshape((8,), name="reshape")(x))
    return keras.Model(inputs, K.Dense(4, name="logits")(x), name="windows")


def autoencoder() -> Any:
    """Dense layers with normalisation."""
    rng = np.random.default_rng(4)
    keras.utils.set_random_seed(4)
    inputs = x = keras.Input((40,), name="input")
    for i, units in enumerate((24, 4, 24)):
        x = K.ReLU()(batch_norm(K.Dense(units, name=f"dense_{i}")(x), f"dense_{i}", rng))
    return keras.Model(inputs, K.Dense(40, name="decoded")(x), name="autoencoder")


MODELS = {f.__name__: f for f in (ds_cnn, residual, windows, autoencoder)}
