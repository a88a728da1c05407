"""The one door to TensorFlow: `from mcugen.train.tensorflow import keras, tf`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from mcugen.errors import McugenError

# TensorFlow reads these when it is imported; what the user has set stands.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keeps standard error clean of what the C++ runtime logs before it knows its log level."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # standard error is closed
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


try:
    with _hushed():
        import keras
        import tensorflow as tf
except ImportError as error:
    raise McugenError(
        f"training needs TensorFlow, which is not installed: {error}",
        "pip install 'mcugen[train]'",
    ) from None

if keras.backend.backend() != "tensorflow":
    raise McugenError(
        f"training needs Keras on TensorFlow; it is set to {keras.backend.backend()!r}",
        "unset KERAS_BACKEND, or set it to tensorflow",
    )

# A new function for each network is what training is about; TensorFlow warns of it.
tf.get_logger().setLevel("ERROR")

__all__ = ["keras", "tf"]
