"""Keras layers that compute what TFLM's integer kernels compute.

The tensors between them hold codes less their zero point: whole numbers, in single precision. So
zero is 0, and padding needs no care. Gradients pass straight through roundings. With `training` the
arithmetic is in single precision, else it is exact: see `arithmetic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.train.arithmetic import (
    Multiplier,
    Tensor,
    mean_multiplier,
    multiplier,
    requantized,
    round_half_away,
    straight_through,
)
from mcugen.train.folding import Node
from mcugen.train.grids import CodingLayer, Grid
from mcugen.train.ranges import Range
from mcugen.train.spec import Width
from mcugen.train.tensorflow import tf

LEAST_MULTIPLIER = 2.0**-24
"""Of sums: a channel whose weights are smaller still gives its bias and nothing else."""

MOST_BIAS = 2.0**22
"""A bias's code stays below, so that single precision holds sums as whole numbers."""

SUM_HEADROOM = 2.0**20
"""How much finer than their scale TFLite's ADD takes its operands."""


class Operator(CodingLayer):
    """The operator `node` of the file, which reads codes of the grids `sources`.

    `range_` is what its output begins with; None if codes keep their meaning, so that `target` is
    its source's grid.
    """

    def __init__(self, node: Node, sources: Sequence[Grid], range_: Range | None = None) -> None:
        super().__init__(node.name)
        self.node, self.sources = node, tuple(sources)
        if range_ is None:
            (self.target,) = self.sources
        else:
            scaled_as = self.sources[0] if node.kind == "MEAN" else None
            self.target = self.grid(range_, scaled_as=scaled_as)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (None, *self.node.shape)

    def requantized(self, x: Tensor, by: Multiplier, training: bool) -> Tensor:
        """Whole numbers, multiples of `by` in steps of the target, as its codes."""
        codes = requantized(tf.cast(x, _dtype(training)), by, *self.target.limits)
        return tf.cast(codes, tf.float32)


@dataclass(frozen=True, eq=False)
class Constants:
    """What a layer with weights computes with.

    `kernel`, as in `Node`, and `bias` [out] are codes. `scales`, the weights' in the file, and
    `multiplier` have an element for each channel, or a single one.
    """

    kernel: Tensor
    bias: Tensor
    scales: Tensor
    multiplier: Multiplier


class Weighted(Operator):
    """Sums of products and a bias. `bits` are the weights'."""

    def __init__(self, node: Node, sources: Sequence[Grid], range_: Range, bits: Width) -> None:
        super().__init__(node, sources, range_)
        self.bits = bits
        self.kernel = self.variable("kernel", node.kernel)
        self.bias = self.variable("bias", node.bias)

    def sums(self, x: Tensor, kernel: Tensor) -> Tensor:
        """Sums of products, [..., out]."""
        raise NotImplementedError

    def constants(self) -> Constants:
        """The weights' codes: the largest magnitude of a channel gets the largest code.

        The steps of what is read and written get their gradients here, by way of the constants, at
        next to no cost: they are those of Esser et al., "Learned Step Size Quantization", ICLR
        2020.
        """
        (source,), target = self.sources, self.target
        # Everything in steps of the output.
        kernel_step, bias_step = source.step / target.step, 1.0 / target.step
        kernel = self.kernel.value * tf.stop_gradient(kernel_step)
        bias = self.bias.value * tf.stop_gradient(bias_step)
        real = tf.stop_gradient(tf.maximum(self.multipliers(kernel, bias), LEAST_MULTIPLIER))
        scales = real * (target.scale / source.scale)
        exact = _double(source.scale) * _double(scales) / _double(target.scale)
        return Constants(
            _rounded(kernel / real) * _one_like(kernel_step),
            _rounded(bias / real) * _one_like(bias_step),
            scales,
            multiplier(real, exact),
        )

    def multipliers(self, kernel: Tensor, bias: Tensor) -> Tensor:
        """Of sums, for constants in steps of the output: what the channels' magnitudes ask for.

        [out], or a single one: TFLM wants that for a fully connected layer's 4-bit weights.
        """
        largest = tf.reduce_max(abs(kernel), axis=list(range(len(kernel.shape) - 1)))
        # TensorFlow's graphs divide by constants so, but its eager mode, which exports, does not.
        largest *= 1.0 / (2.0 ** (self.bits - 1) - 1.0)
        largest = tf.maximum(largest, abs(bias) / MOST_BIAS)
        if self.node.kind == "FULLY_CONNECTED" and self.bits == 4:
            largest = tf.reduce_max(largest)
        return largest

    def vanishing(self) -> Any:
        """Booleans [out], or [1]: channels that ask for less than LEAST_MULTIPLIER."""
        (source,), target = self.sources, self.target
        kernel = self.kernel.value * (source.step / target.step)
        asked = self.multipliers(kernel, self.bias.value / target.step)
        return np.reshape(asked.numpy() < LEAST_MULTIPLIER, -1)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        constants = self.constants()
        sums = self.sums(x, constants.kernel) + constants.bias
        return self.requantized(sums, constants.multiplier, training)


class Conv2D(Weighted):
    """CONV_2D."""

    def sums(self, x: Tensor, kernel: Tensor) -> Tensor:
        node = self.node
        return tf.nn.conv2d(x, kernel, node.stride, node.padding, dilations=node.dilation)


class DepthwiseConv2D(Weighted):
    """DEPTHWISE_CONV_2D."""

    def sums(self, x: Tensor, kernel: Tensor) -> Tensor:
        node = self.node
        kernel = tf.reshape(kernel, (*kernel.shape[:2], x.shape[-1], -1))
        strides = (1, *node.stride, 1)
        return tf.nn.depthwise_conv2d(x, kernel, strides, node.padding, dilations=node.dilation)


class FullyConnected(Weighted):
    """FULLY_CONNECTED."""

    def sums(self, x: Tensor, kernel: Tensor) -> Tensor:
        return tf.matmul(x, kernel)


class Add(Operator):
    """ADD: both operands are brought to one finer scale, then their sum to the output's."""

    def call(self, inputs: Sequence[Tensor], training: bool = False) -> Tensor:
        widest = 2.0 * tf.reduce_max([source.scale for source in self.sources])
        total = tf.zeros((), _dtype(training))
        for x, source in zip(inputs, self.sources, strict=True):
            to_common = multiplier(source.step / widest, _double(source.scale) / _double(widest))
            fine = tf.cast(x, total.dtype) * SUM_HEADROOM
            total += requantized(fine, to_common, -np.inf, np.inf)
        to_output = multiplier(
            widest / (self.target.step * SUM_HEADROOM),
            _double(widest) / (_double(self.target.scale) * SUM_HEADROOM),
        )
        return self.requantized(total, to_output, training)


class Mean(Operator):
    """MEAN over all of a map, onto a grid of its own."""

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        (source,), target = self.sources, self.target
        scales = mean_multiplier(
            source.step / target.step,
            _double(source.scale) / _double(target.scale),
            x.shape[1] * x.shape[2],
        )
        total = tf.reduce_sum(x, axis=(1, 2), keepdims=len(self.node.shape) == 3)
        return self.requantized(total, scales, training)


class AveragePool2D(Operator):
    """AVERAGE_POOL_2D: the mean of codes, their zero point included, ties away from zero."""

    def call(self, x: Tensor) -> Tensor:
        node, zero_point = self.node, self.target.zero_point.value
        mean = tf.nn.avg_pool2d(x, node.window, node.stride, node.padding)
        ones = tf.ones((1, *x.shape[1:3], 1)), tf.ones((*node.window, 1, 1))
        counts = tf.nn.conv2d(*ones, node.stride, node.padding)
        # The whole sum over its count is a tie exactly where the integers' quotient is one.
        exact = tf.round(mean * counts) / counts
        return straight_through(mean, round_half_away(exact + zero_point) - zero_point)


class MaxPool2D(Operator):
    """MAX_POOL_2D."""

    def call(self, x: Tensor) -> Tensor:
        return tf.nn.max_pool2d(x, self.node.window, self.node.stride, self.node.padding)


class Pad(Operator):
    """PAD with zeros."""

    def call(self, x: Tensor) -> Tensor:
        return tf.pad(x, self.node.pads)


class Reshape(Operator):
    """RESHAPE."""

    def call(self, x: Tensor) -> Tensor:
        return tf.reshape(x, (-1, *self.node.shape))


def _rounded(x: Tensor) -> Tensor:
    return straight_through(x, tf.round(x))


def _one_like(x: Tensor) -> Tensor:
    """1, which changes as `x` does, by shares."""
    return x / tf.stop_gradient(x)


def _double(x: Tensor) -> Tensor:
    return tf.cast(x, tf.float64)


def _dtype(training: bool) -> Any:
    return tf.float32 if training else tf.float64
