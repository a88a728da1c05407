"""Handwritten digits, 8x8: 1,797 real images that come with scikit-learn. The smallest task."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.tasks.base import Data, Features, Labels, Recipe, Shape, Shift, Split, Task

SHAPE = (8, 8, 1)
HELD_OUT = 0.25
"""Shares of validation and of test images, each."""


class Digits(Task):
    """Ten classes. There is no folder to bring, and nothing is synthetic: the images are real."""

    name = "digits"
    architecture = "digits"
    augmentations = (Shift(rows=1, columns=1),)
    recipe = Recipe(epochs=60, qat_epochs=15, batch=64, learning_rate=4e-3)

    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        """scikit-learn's images, split by `seed`; pixels in 0 … 1."""
        if folder is not None:
            raise InputRejected(
                f"the task digits has its own images and cannot read {folder}", "leave --data out"
            )
        if input_shape != SHAPE:
            raise InputRejected(
                f"the network takes inputs of {list(input_shape)}, and digits are {list(SHAPE)}",
                f"train {self.architecture}",
            )
        images, labels = _images()
        order = np.random.default_rng(seed).permutation(len(images))
        held_out = round(HELD_OUT * len(images))
        parts = np.split(order, [held_out, 2 * held_out])
        test, validation, train = (Split(images[part], labels[part]) for part in parts)
        source = f"scikit-learn's digits: {len(images)} images by 13 writers, split at random"
        return Data(
            train,
            validation,
            test,
            classes=tuple(str(digit) for digit in range(10)),
            description=source,
            synthetic=False,
        )


def _images() -> tuple[Features, Labels]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise McugenError(
            "the task digits needs scikit-learn, which is not installed",
            "pip install 'mcugen[train]'",
        ) from None
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / 16.0).astype(np.float32)
    return images, digits.target.astype(np.int32)
