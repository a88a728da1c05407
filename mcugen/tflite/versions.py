"""The version that the writer gives an operator: the lowest whose semantics it uses.

Runtimes other than TFLM look a kernel up by operator and version.
"""

from __future__ import annotations

from mcugen.ir.graph import DType, Operands, Tensor

INT8_VERSIONS = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "SVDF": 3,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 2,
} | dict.fromkeys(
    (
        *("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "AVERAGE_POOL_2D", "MAX_POOL_2D"),
        *("CONCATENATION", "PACK", "UNPACK", "SPLIT", "SPLIT_V", "PAD", "PADV2", "MIRROR_PAD"),
        *("SLICE", "STRIDED_SLICE", "TRANSPOSE", "GATHER", "SPACE_TO_BATCH_ND"),
        *("BATCH_TO_SPACE_ND", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "RESIZE_BILINEAR"),
        *("RESIZE_NEAREST_NEIGHBOR", "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "ARG_MAX"),
        *("ARG_MIN", "SOFTMAX", "LOG_SOFTMAX", "LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU"),
        *("QUANTIZE", "DEQUANTIZE", "ABS", "EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL"),
        *("LESS", "LESS_EQUAL", "TRANSPOSE_CONV", "BATCH_MATMUL", "L2_NORMALIZATION"),
    ),
    2,
)
"""Version at which an operator took int8; operators that are not here stay at 1."""

INT4_VERSIONS = {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 6, "FULLY_CONNECTED": 10}
"""Version at which an operator took int4 weights.

TensorFlow's converter writes 7 for DEPTHWISE_CONV_2D; LiteRT's reference kernels end at 6, and take
int4 there.
"""


def operator_version(x: Operands) -> int:
    """The version to write for an operator."""
    name = x.operator.name
    weights = x.optional_input(1)
    if weights is not None and weights.dtype is DType.INT4:
        return INT4_VERSIONS.get(name, 1)
    if name == "FULLY_CONNECTED" and weights is not None and _is_per_channel(weights):
        return 12
    if name == "FULLY_CONNECTED" and x.optional_input(2) is None:
        return 6
    if name == "FULLY_CONNECTED" and x.attributes.to_options().get("keep_num_dims"):
        return 5
    kinds = {t.dtype for t in (*x.inputs[:2], *x.outputs[:1]) if t is not None}
    if name == "QUANTIZE" and DType.FLOAT32 in kinds:
        return 1
    if DType.INT8 not in kinds:
        return 1
    if name in ("TRANSPOSE", "SLICE") and len(x.output().shape) > 4:
        return {"TRANSPOSE": 4, "SLICE": 5}[name]
    return INT8_VERSIONS.get(name, 1)


def _is_per_channel(weights: Tensor) -> bool:
    return weights.quantization is not None and weights.quantization.is_per_channel
