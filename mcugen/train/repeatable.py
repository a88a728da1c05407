"""The same arguments, the same weights: to the last bit, where TensorFlow can do it."""

from __future__ import annotations

from mcugen.train.tensorflow import tf


def repeat_exactly() -> None:
    """Has TensorFlow sum in the same order every time, from now on and in the whole process.

    It costs no time on processors. On GPUs TensorFlow then refuses the gradient of depthwise
    convolutions, so that sums there may differ in their last bits.
    """
    if not tf.config.get_visible_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
