"""What an activation's codes stand for, and the way from real values to codes and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.errors import McugenError
from mcugen.train.arithmetic import Tensor, round_half_away
from mcugen.train.ranges import Range
from mcugen.train.tensorflow import keras, tf


@dataclass(frozen=True, eq=False)
class Grid:
    """Codes `low` … `high`, less `zero_point`, are multiples of `step`.

    `log_step` is a variable, and learnt: steps stay positive and change by shares. The zero point
    is a variable that is not.

    The file's scale is the step, unless `fixed_scale` says what it has to be (see `Range`): then
    the weights around absorb the factor between the two. A mean hands it on: `scaled_as` is the
    grid of what it reads.
    """

    log_step: Any
    zero_point: Any
    low: int
    high: int
    fixed_scale: float | None
    scaled_as: Grid | None

    @property
    def step(self) -> Tensor:
        """In real values of the float model; a scalar.

        By way of double precision: single-precision exponentials differ by a bit with how
        TensorFlow happens to compute them, and the file must state the scale that was trained with.
        """
        return tf.cast(tf.exp(tf.cast(self.log_step.value, tf.float64)), tf.float32)

    @property
    def scale(self) -> Tensor:
        """The file's scale; a scalar without a gradient."""
        if self.fixed_scale is not None:
            return tf.constant(self.fixed_scale, tf.float32)
        factor = 1.0 if self.scaled_as is None else self.scaled_as.scale / self.scaled_as.step
        return tf.stop_gradient(self.step * factor)

    @property
    def limits(self) -> tuple[Tensor, Tensor]:
        """The smallest and the largest multiple."""
        return self.low - self.zero_point.value, self.high - self.zero_point.value


class CodingLayer(keras.layers.Layer):  # type: ignore[misc]
    """Writes codes of the grid `target`, less their zero point."""

    target: Grid

    def __init__(self, name: str) -> None:
        super().__init__(name=name, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """Raises McugenError: what a layer consists of is more than Keras could write down."""
        raise McugenError(
            "a quantized model cannot be saved as a whole",
            "model.save_weights keeps its weights; mcugen.train.export writes its .tflite file",
        )

    def variable(self, name: str, value: Any, *, trainable: bool = True) -> Any:
        """A variable of this layer, with a value to begin with."""
        array = np.asarray(value, np.float32)
        variable = self.add_weight(name=name, shape=array.shape, trainable=trainable)
        variable.assign(array)
        return variable

    def grid(self, range_: Range, *, learnt: bool = True, scaled_as: Grid | None = None) -> Grid:
        """A grid of this layer's own."""
        return Grid(
            self.variable("log_step", np.log(range_.step), trainable=learnt),
            self.variable("zero_point", range_.zero_point, trainable=False),
            range_.low,
            range_.high,
            range_.scale,
            scaled_as,
        )


class Quantize(CodingLayer):
    """Real values to codes. Their range stays what it was calibrated to be."""

    def __init__(self, name: str, range_: Range) -> None:
        super().__init__(name)
        self.target = self.grid(range_, learnt=False)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return tf.clip_by_value(round_half_away(x / self.target.step), *self.target.limits)


class Dequantize(keras.layers.Layer):  # type: ignore[misc]
    """Codes to real values."""

    def __init__(self, name: str, source: Grid) -> None:
        super().__init__(name=name, dtype="float32")
        self.source = source

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return x * self.source.step
