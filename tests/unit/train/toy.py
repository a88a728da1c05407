"""A task and a network small enough to train in a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.progress import Progress, silent
from mcugen.tasks.base import Augmentation, Data, Recipe, Shape, Shift, Split, Task
from mcugen.train.stages import Stage
from mcugen.train.tensorflow import keras

SHAPE = (8, 8, 1)


class Bars(Task):
    """Rows, columns or a blot, in noise."""

    name = "bars"
    architecture = "none"
    augmentations: tuple[Augmentation, ...] = (Shift(1, 1),)
    recipe = Recipe(epochs=4, qat_epochs=2, batch=16, learning_rate=1e-2)

    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        parts = (_split(np.random.default_rng([seed, n]), count) for n, count in enumerate(COUNTS))
        return Data(*parts, ("rows", "columns", "blot"), "bars", synthetic=True)


COUNTS = (200, 60, 90)


def _split(rng: np.random.Generator, count: int) -> Split:
    labels = rng.integers(0, 3, count, dtype=np.int32)
    features = rng.normal(0, 0.3, (count, *SHAPE)).astype(np.float32)
    for image, label in zip(features, labels, strict=True):
        at = rng.integers(1, 6)
        if label == 0:
            image[at] += 1
        elif label == 1:
            image[:, at] += 1
        else:
            image[at : at + 3, at : at + 3] += 1
    return Split(features, labels)


def network(seed: int = 0, channels: int = 8) -> Any:
    """Convolution, normalisation, ReLU, depthwise, pool, dense."""
    keras.utils.set_random_seed(seed)
    inputs = x = keras.Input(SHAPE, name="input")
    x = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, name="conv")(x)
    x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.DepthwiseConv2D(3, strides=2, padding="same", name="depthwise")(x)
    x = keras.layers.ReLU(name="depthwise_relu")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="classifier")(x))


def write_network(folder: Path, channels: int = 8) -> Path:
    """An arch.json of two layers with weights and a classifier."""
    blocks = [
        {"block": "conv", "channels": channels, "kernel": [3, 3]},
        {"block": "ds", "channels": 12, "stride": [2, 2]},
        {"block": "average_pool"},
        {"block": "classifier", "kind": "dense"},
        {"block": "softmax"},
    ]
    content = {
        "format": "mcugen-architecture",
        "version": 1,
        "name": "toy",
        "input": SHAPE,
        "outputs": 3,
        "activation": "relu",
        "blocks": blocks,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"toy{channels}.json"
    path.write_text(json.dumps(content))
    return path


def stage(**changes: Any) -> Stage:
    """A short stage called float."""
    options: dict[str, Any] = {
        "name": "float",
        "epochs": 4,
        "batch": 16,
        "learning_rate": 1e-2,
        "weight_decay": 1e-4,
        "label_smoothing": 0.0,
        "patience": 0,
        "seed": 1,
    }
    return Stage(**(options | changes))
