"""Channels of zeros: how MicroNets add maps of different widths."""

from __future__ import annotations

from typing import Any

from mcugen.train.tensorflow import keras, tf


@keras.saving.register_keras_serializable(package="mcugen")
class PadChannels(keras.layers.Layer):  # type: ignore[misc]
    """[n, h, w, c] to [n, h, w, channels], with zeros behind the input's own channels."""

    def __init__(self, channels: int, **options: Any) -> None:
        super().__init__(**options)
        self.channels = channels

    def call(self, inputs: Any) -> Any:
        missing = self.channels - inputs.shape[-1]
        return tf.pad(inputs, ((0, 0), (0, 0), (0, 0), (0, missing)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels": self.channels}
