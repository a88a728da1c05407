"""Graphs with activations of at most 16 codes, as files of 4-bit models hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.pool import AveragePool2D, MaxPool2D
from mcugen.ir.ops.reshape import Reshape
from mcugen.ir.ops.window import output_size, same_pads

UNSIGNED = ("RELU6", Quantization((float32(6 / 15),), (-128,)))
SIGNED = ("RELU_N1_TO_1", Quantization((float32(1 / 7),), (0,)))
BYTES = ("NONE", Quantization((float32(0.1),), (3,)))
Stored = tuple[str, Quantization]


class Chain:
    """Layers one after the other; weights are drawn so that outputs use their range."""

    def __init__(self, shape: Sequence[int], seed: int = 0, stored: Stored = BYTES) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.last = self._tensor(shape, DType.INT8, stored[1])

    def graph(self) -> Graph:
        return Graph("chain", tuple(self.tensors), tuple(self.operators), (0,), (self.last,))

    def conv(
        self,
        units: int,
        kernel: tuple[int, int] = (1, 1),
        stride: tuple[int, int] = (1, 1),
        padding: str = "SAME",
        out: Stored = UNSIGNED,
        weights: DType = DType.INT4,
        dilation: tuple[int, int] = (1, 1),
    ) -> Chain:
        channels = self.tensors[self.last].shape[3]
        return self._weighted(
            Conv2D, (units, *kernel, channels), 0, kernel, stride, dilation, padding, out, weights
        )

    def depthwise(
        self,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: str = "SAME",
        out: Stored = UNSIGNED,
        weights: DType = DType.INT8,
        multiplier: int = 1,
    ) -> Chain:
        channels = self.tensors[self.last].shape[3] * multiplier
        return self._weighted(
            DepthwiseConv2D,
            (1, *kernel, channels),
            3,
            kernel,
            stride,
            (1, 1),
            padding,
            out,
            weights,
            depth_multiplier=multiplier,
        )

    def dense(self, units: int, out: Stored = BYTES, weights: DType = DType.INT4) -> Chain:
        source = self.tensors[self.last]
        depth = source.elements
        options = {"keep_num_dims": False, "weights_format": "DEFAULT"}
        constants = self._constants((units, depth), 0, depth, out, weights, per_channel=False)
        return self._add(FullyConnected, options, constants, (1, units), out)

    def pool(self, operator: type[Attributes], size: tuple[int, int]) -> Chain:
        source = self.tensors[self.last]
        options = {
            "padding": "VALID",
            "stride_h": size[0],
            "stride_w": size[1],
            "filter_height": size[0],
            "filter_width": size[1],
        }
        shape = (1, source.shape[1] // size[0], source.shape[2] // size[1], source.shape[3])
        return self._add(operator, options, [], shape, ("NONE", source.q))

    def max_pool(self, size: tuple[int, int] = (2, 2)) -> Chain:
        return self.pool(MaxPool2D, size)

    def average_pool(self, size: tuple[int, int]) -> Chain:
        return self.pool(AveragePool2D, size)

    def reshape(self, shape: Sequence[int]) -> Chain:
        source = self.tensors[self.last]
        shape_tensor = self._tensor((len(shape),), DType.INT32, None, np.array(shape, np.int32))
        return self._add(Reshape, {"new_shape": None}, [shape_tensor], shape, ("NONE", source.q))

    def _weighted(
        self,
        operator: type[Attributes],
        shape: tuple[int, ...],
        axis: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        dilation: tuple[int, int],
        padding: str,
        out: Stored,
        dtype: DType,
        **options: Any,
    ) -> Chain:
        image = self.tensors[self.last].shape
        sizes = []
        for i in (0, 1):
            pads = (0, 0)
            if padding == "SAME":
                pads = same_pads(image[1 + i], kernel[i], stride[i], dilation[i])
            sizes.append(output_size(image[1 + i], kernel[i], stride[i], dilation[i], sum(pads)))
        fan_in = int(np.prod(shape)) // shape[axis]
        options |= {
            "padding": padding,
            "stride_h": stride[0],
            "stride_w": stride[1],
            "dilation_h_factor": dilation[0],
            "dilation_w_factor": dilation[1],
        }
        constants = self._constants(shape, axis, fan_in, out, dtype, per_channel=True)
        return self._add(operator, options, constants, (1, *sizes, shape[axis]), out)

    def _constants(
        self,
        shape: tuple[int, ...],
        axis: int,
        fan_in: int,
        out: Stored,
        dtype: DType,
        per_channel: bool,
    ) -> list[int]:
        limit = 7 if dtype is DType.INT4 else 127
        data = np.clip(self.rng.normal(0, limit / 3, shape), -limit, limit).round().astype(np.int8)
        source = self.tensors[self.last].q
        # A sum's deviation is to be about a fifth of the output's range.
        codes = 255 if out == BYTES else 15
        spread = (255 if self.tensors[self.last].q == BYTES[1] else 15) / 3.5
        deviation = spread * limit / 3 * np.sqrt(fan_in)
        scale = codes / 5 / deviation * out[1].scale / source.scale
        channels = shape[axis] if per_channel else 1
        scales = tuple(float32(scale * f) for f in self.rng.uniform(0.5, 1.5, channels))
        bias = self.rng.normal(0, deviation / 2, shape[axis]).round().astype(np.int32)
        bias_scales = tuple(float32(s * source.scale) for s in scales)
        zeros = (0,) * channels
        return [
            self._tensor(shape, dtype, Quantization(scales, zeros, axis), data),
            self._tensor(bias.shape, DType.INT32, Quantization(bias_scales, zeros), bias),
        ]

    def _add(
        self,
        operator: type[Attributes],
        options: dict[str, Any],
        constants: list[int],
        shape: Sequence[int],
        out: Stored,
    ) -> Chain:
        inputs = (self.last, *constants)
        self.last = self._tensor(shape, DType.INT8, out[1])
        options = {"fused_activation_function": out[0], **options}
        tensors = tuple(self.tensors[i] for i in inputs)
        attributes = operator.from_options(options, tensors, (self.tensors[self.last],))
        self.operators.append(Operator(attributes, inputs, (self.last,), len(self.operators)))
        return self

    def _tensor(
        self,
        shape: Sequence[int],
        dtype: DType,
        quantization: Quantization | None,
        data: Any = None,
    ) -> int:
        index = len(self.tensors)
        self.tensors.append(Tensor(f"t{index}", tuple(shape), dtype, quantization, data, index))
        return index
