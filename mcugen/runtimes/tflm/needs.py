"""What each of TFLM's kernels asks the arena for while it prepares: state for good, and scratch.

Follows tflite-micro of August 2026 with KERNELS_OPTIMIZED_FOR_SPEED, and the get_buffer_size
functions of CMSIS-NN 7.0.0. Operators are supported ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mcugen.isa import Isa
from mcugen.runtimes.tflm.abi import (
    EVAL_TENSOR_BYTES,
    INT_BYTES,
    POINTER_BYTES,
)
from mcugen.runtimes.tflm.cmsis_nn import (
    REVERSED_CHANNELS,
    Window,
    conv_scratch,
    depthwise_scratch,
    round_up,
)
from mcugen.runtimes.tflm.file_operators import input_of, option
from mcugen.runtimes.tflm.kernels import ELEMENT_BYTES
from mcugen.tflite.file_model import FileOperator, FileSubgraph, FileTensor

LUT_BYTES = 2 * 513


@dataclass(frozen=True)
class Needs:
    """Bytes of each buffer, in the order of the requests.

    `persistent` lie in the tail, `scratch` in the head while the operator runs.
    """

    persistent: tuple[int, ...] = ()
    scratch: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Node:
    """An operator with its tensors at hand, and the core that it runs on."""

    subgraph: FileSubgraph
    operator: FileOperator
    isa: Isa

    def input(self, position: int = 0) -> FileTensor:
        """The input at `position`, which must be present."""
        return self.subgraph.tensors[self.operator.inputs[position]]

    def optional(self, position: int) -> FileTensor | None:
        return input_of(self.subgraph, self.operator, position)

    @property
    def output(self) -> FileTensor:
        return self.subgraph.tensors[self.operator.outputs[0]]

    def option(self, name: str, default: int = 1) -> int:
        return int(option(self.operator, name, default))


def needs_of(subgraph: FileSubgraph, operator: FileOperator, isa: Isa) -> Needs:
    """What the operator's kernel asks for on a core with this instruction set."""
    rule = RULES.get(operator.name)
    return rule(Node(subgraph, operator, isa)) if rule else Needs()


def _window(x: Node) -> Window:
    _, in_h, in_w, in_c = x.input().shape
    _, kernel_h, kernel_w, _ = x.input(1).shape
    _, out_h, out_w, out_c = x.output.shape
    stride_h, stride_w = x.option("stride_h"), x.option("stride_w")
    dilation_h, dilation_w = x.option("dilation_h_factor"), x.option("dilation_w_factor")
    return Window(
        *(in_h, in_w, in_c, kernel_h, kernel_w, out_w, out_c, stride_h, stride_w),
        dilated=dilation_h != 1 or dilation_w != 1,
        dilated_w=dilation_w != 1,
        pad_h=_padding(in_h, out_h, kernel_h, stride_h, dilation_h),
        pad_w=_padding(in_w, out_w, kernel_w, stride_w, dilation_w),
    )


def _padding(size: int, out: int, kernel: int, stride: int, dilation: int) -> int:
    """Positions before the first, as the output's size tells; none with VALID padding."""
    return max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0) // 2


def _conv(x: Node) -> Needs:
    if x.input().kind == "FLOAT32":
        return Needs()
    w, int4 = _window(x), x.input(1).kind == "INT4"
    if x.input().kind == "INT16":
        scratch = 64 * -(-w.patch // 8) if x.isa is Isa.MVE else 4 * w.patch
    else:
        scratch = conv_scratch(w, int4, x.isa)
    return Needs(_per_channel(x.input(1).shape[0]), _positive(scratch))


def _depthwise(x: Node) -> Needs:
    if x.input().kind == "FLOAT32":
        return Needs()
    w, int4 = _window(x), x.input(1).kind == "INT4"
    scratch = 0
    if x.input().kind == "INT8":
        one_to_many = x.isa is Isa.MVE and not int4 and w.in_c == 1 and w.out_c > 1
        if one_to_many:
            # The kernel is turned into an ordinary convolution's, behind that one's scratch.
            scratch = conv_scratch(w, False, x.isa) + w.out_c * w.kernel_h * w.kernel_w
        elif w.in_c == w.out_c and x.input().shape[0] == 1 and not w.dilated:
            scratch = depthwise_scratch(w, int4, x.isa)
    return Needs(_per_channel(x.input(1).shape[3]), _positive(scratch))


def _fully_connected(x: Node) -> Needs:
    if x.input().kind == "FLOAT32":
        return Needs()
    weights, outputs = x.input(1), x.output.shape[-1]
    scales = len(weights.quantization.scales) if weights.quantization else 1
    persistent = _per_channel(scales) if scales > 1 else ()
    if x.input().kind != "INT8" or weights.kind == "INT4":
        return Needs(persistent)
    if len(x.output.shape) > 2 and weights.shape[-1] % 4 == 0:
        return Needs(persistent, () if scales > 1 else (2 * INT_BYTES * outputs,))
    if x.isa is not Isa.MVE:
        return Needs(persistent)
    bias = x.optional(2)
    if weights.data is not None and (bias is None or bias.data is not None):
        return Needs((*persistent, INT_BYTES * outputs))
    return Needs(persistent, (INT_BYTES * outputs,))


def _average_pool(x: Node) -> Needs:
    summed = x.isa is Isa.DSP and x.input().kind in ("INT8", "INT16")
    return Needs(scratch=(INT_BYTES * x.input().shape[3],) if summed else ())


def _svdf(x: Node) -> Needs:
    batch, filters = x.input().shape[0], x.input(1).shape[0]
    if x.input().kind == "FLOAT32":
        return Needs(scratch=(4 * batch * filters,))
    units = filters // max(x.option("rank"), 1)
    sums = (INT_BYTES * filters,) if x.isa is Isa.MVE else ()
    return Needs(sums, (INT_BYTES * batch * filters, INT_BYTES * batch * units))


def _transpose_conv(x: Node) -> Needs:
    kernel, values = x.input(1).shape, x.input(2)
    persistent = _per_channel(kernel[0])
    if values.kind == "INT16":
        return Needs(persistent, (8 * math.prod(x.output.shape),))
    if values.kind != "INT8":
        return Needs(persistent)
    out_c, kernel_h, kernel_w, in_c = kernel
    stride_h, stride_w = x.option("stride_h"), x.option("stride_w")
    if max(stride_h, stride_w) <= 2 and in_c > REVERSED_CHANNELS:
        patch = kernel_h * kernel_w * in_c
        columns = 4 * (round_up(patch, 16) if x.isa is Isa.MVE else round_up(patch, 4))
        return Needs(persistent, (columns, patch * out_c))
    row = (values.shape[2] - 1) * stride_w + max(kernel_w, stride_h)
    return Needs(persistent, (INT_BYTES * row * out_c * max(kernel_h, stride_h), 0))


def _lstm(x: Node) -> Needs:
    inputs = x.operator.inputs
    cell = x.optional(19)
    time_major = bool(x.option("time_major", 0))
    batch = x.input().shape[1 if time_major else 0]
    hidden = x.output.shape[2]
    if len(inputs) != 24 or cell is None:
        return Needs()
    scratch = batch * hidden * ELEMENT_BYTES[cell.kind]
    if x.input().kind == "FLOAT32":
        return Needs(scratch=(scratch,) * 4)
    sum_bytes = {"INT8": 4, "INT16": 8}[x.input().kind]
    return Needs((hidden * sum_bytes,) * 8, (scratch,) * 3)


def _batch_matmul(x: Node) -> Needs:
    transposed = [x.input(0)] if x.option("adj_x", 0) else []
    transposed += [] if x.option("adj_y", 0) else [x.input(1)]
    persistent: list[int] = []
    for tensor in transposed:
        persistent += [EVAL_TENSOR_BYTES, _dims_bytes(tensor), tensor_bytes(tensor)]
    persistent.append(_dims_bytes(x.output))
    if x.input().kind == "FLOAT32":
        return Needs(tuple(persistent))
    persistent.append(28)
    sums = INT_BYTES * (x.output.shape[-1] if x.output.shape else 1)
    scratch = (sums,) if x.isa is Isa.MVE and x.input().kind == "INT8" else ()
    return Needs(tuple(persistent), scratch)


def _mean(x: Node) -> Needs:
    sums = (INT_BYTES * math.prod(x.output.shape),) if x.input().kind != "FLOAT32" else ()
    return Needs(scratch=(*sums, *_reduction(x).scratch))


def _reduction(x: Node) -> Needs:
    axes = x.optional(1)
    rank = INT_BYTES * len(x.input().shape)
    return Needs(scratch=(rank, INT_BYTES * (math.prod(axes.shape) if axes else 1)))


def _softmax(x: Node) -> Needs:
    return Needs((LUT_BYTES, LUT_BYTES) if x.input().kind == "INT16" else ())


def _output_dims(x: Node) -> Needs:
    """Kernels that write the output's shape copy it first."""
    return Needs((_dims_bytes(x.output),))


RULES: dict[str, Callable[[Node], Needs]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "AVERAGE_POOL_2D": _average_pool,
    "SVDF": _svdf,
    "TRANSPOSE_CONV": _transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
    "BATCH_MATMUL": _batch_matmul,
    "SOFTMAX": _softmax,
    **dict.fromkeys(("MEAN", "SUM"), _mean),
    **dict.fromkeys(("REDUCE_MAX", "REDUCE_MIN", "REDUCE_ALL"), _reduction),
    **dict.fromkeys(("GATHER", "GATHER_ND", "L2_POOL_2D"), _output_dims),
    **dict.fromkeys(("DEPTH_TO_SPACE", "SPACE_TO_DEPTH"), _output_dims),
    "EMBEDDING_LOOKUP": lambda x: Needs((8, _dims_bytes(x.output))),
    "CUMSUM": lambda x: Needs((36,) if x.input().kind == "INT8" else ()),
    "LOG_SOFTMAX": lambda x: Needs((28,) if x.input().kind == "INT8" else ()),
    "ADD_N": lambda x: Needs(
        (40,) if x.input().kind == "INT8" else (), (POINTER_BYTES * len(x.operator.inputs),)
    ),
    "MIRROR_PAD": lambda x: Needs(scratch=(INT_BYTES * len(x.input().shape),) * 2),
}


def tensor_bytes(tensor: FileTensor) -> int:
    """Bytes of a tensor that TFLM allocates; four-bit elements take a byte each."""
    return math.prod(tensor.shape) * ELEMENT_BYTES[tensor.kind]


def _dims_bytes(tensor: FileTensor) -> int:
    return INT_BYTES * (1 + len(tensor.shape))


def _per_channel(channels: int) -> tuple[int, int]:
    """A multiplier and a shift for each channel."""
    return INT_BYTES * channels, INT_BYTES * channels


def _positive(scratch: int) -> tuple[int, ...]:
    return (scratch,) if scratch > 0 else ()
