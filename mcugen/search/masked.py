"""Keras layers of a supernet: one set of weights, however many widths share it.

A channel that is masked is 0 in every map, so it takes part in nothing that follows. Weights are
single precision; the products may be computed in bfloat16.
"""

from __future__ import annotations

from typing import Any

from mcugen.search.fake_quantization import four_bit_activations, four_bit_weights
from mcugen.train.batch_norm import FusedBatchNormalization
from mcugen.train.tensorflow import keras, tf


class SharedWeights(keras.layers.Layer):  # type: ignore[misc]
    """A convolution, or a fully connected layer where the kernel has two axes.

    `kernel_shape` is [h, w, in, out], with an `in` of 1 for depthwise ones, or [in, out]. The
    output has `dtype`, or single precision if there is a bias.
    """

    def __init__(
        self,
        name: str,
        kernel_shape: tuple[int, ...],
        initializer: Any,
        *,
        stride: tuple[int, int] = (1, 1),
        bias: bool = False,
        products: str = "float32",
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.kernel_shape, self.initializer = kernel_shape, initializer
        self.stride, self.has_bias, self.products = stride, bias, products

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(
            name="kernel", shape=self.kernel_shape, initializer=self.initializer
        )
        if self.has_bias:
            self.bias = self.add_weight(
                name="bias", shape=self.kernel_shape[-1:], initializer="zeros"
            )

    def call(self, x: Any, taps: Any = None, four_bit: Any = None) -> Any:
        """`taps` [h, w] masks the kernel; `four_bit` is the share in which weights have 4 bits."""
        kernel = self.kernel.value
        if taps is not None:
            kernel = kernel * taps[:, :, tf.newaxis, tf.newaxis]
        if four_bit is not None:
            kernel = four_bit_weights(kernel, four_bit)
        dtype = "float32" if self.has_bias else self.products
        if self._is_depthwise(x) and (dtype == "float32" or self.stride != (1, 1)):
            # oneDNN has no gradient of strided ones in bfloat16; what stands in takes 50 times as
            # long. In single precision their own operator is the faster one.
            kernel = tf.transpose(kernel, (0, 1, 3, 2))
            strides = (1, *self.stride, 1)
            y = tf.nn.depthwise_conv2d(tf.cast(x, tf.float32), kernel, strides, "SAME")
            return tf.cast(y, dtype)
        x, kernel = tf.cast(x, dtype), tf.cast(kernel, dtype)
        if len(self.kernel_shape) == 2:
            y = tf.matmul(x, kernel)
        else:
            y = tf.nn.conv2d(x, kernel, self.stride, "SAME")
        return y + self.bias if self.has_bias else y

    def _is_depthwise(self, x: Any) -> bool:
        return len(self.kernel_shape) == 4 and self.kernel_shape[2] == 1 < x.shape[-1]


class MaskedNormalization(FusedBatchNormalization):
    """Batch normalisation, mask and activation.

    The mask multiplies gamma and beta, which costs nothing. Of a mask before the normalisation
    nothing would be left but for channels that are 0 throughout.
    """

    def __init__(self, activation: str, **options: Any) -> None:
        super().__init__(autocast=False, **options)
        self.activation = activation

    def call(  # type: ignore[override]
        self, inputs: Any, survival: Any, four_bit: Any = None, training: bool | None = None
    ) -> Any:
        """`survival` [channels] is the mask; `four_bit` the share in which outputs have 4 bits."""
        gamma, beta = self.gamma * survival, self.beta * survival
        outputs = self.normalized(inputs, gamma, beta, bool(training))
        if self.activation != "none":
            outputs = {"relu": tf.nn.relu, "relu6": tf.nn.relu6}[self.activation](outputs)
        if four_bit is None:
            return outputs
        return four_bit_activations(outputs, gamma, beta, self.activation, four_bit)


class Mix(keras.layers.Layer):  # type: ignore[misc]
    """A block's output, and what comes to the block, in shares.

    What comes is averaged over tiles of the `stride` and padded with channels of zeros.
    """

    def __init__(self, name: str, stride: tuple[int, int], block_is_scaled: bool) -> None:
        super().__init__(name=name, autocast=False)
        self.stride, self.block_is_scaled = stride, block_is_scaled

    def call(self, block: Any, comes: Any, keep: Any) -> Any:
        """`keep` is the block's share, by which it may have been multiplied already."""
        if self.stride != (1, 1):
            tile = [min(s, n) for s, n in zip(self.stride, comes.shape[1:3], strict=True)]
            comes = tf.nn.avg_pool2d(comes, tile, tile, "SAME")
        comes, keep = tf.cast(comes, block.dtype), tf.cast(keep, block.dtype)
        missing = block.shape[-1] - comes.shape[-1]
        if missing:
            comes = tf.pad(comes, [*[(0, 0)] * (len(comes.shape) - 1), (0, missing)])
        return (block if self.block_is_scaled else keep * block) + (1.0 - keep) * comes
