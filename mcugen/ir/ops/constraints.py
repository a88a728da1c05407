"""Constraints that several operators share.

A docstring is the sentence that users read in an error and in docs/OPS.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands

SMALLEST_ACTIVATION_SCALE = 2.0**-28


def int8_activations(x: Operands) -> str | None:
    """The first input and every output are int8."""
    for tensor in (x.inputs[0], *x.outputs):
        if tensor is None or tensor.dtype.value != "int8":
            found = "absent" if tensor is None else f"{tensor.dtype.value} tensor '{tensor.name}'"
            return found
    return None


def batch_one(x: Operands) -> str | None:
    """The batch size is 1."""
    shape = x.input().shape
    return None if shape and shape[0] == 1 else f"shape {list(shape)}"


def rank_four(x: Operands) -> str | None:
    """Input and output have rank 4 (batch, height, width, channels)."""
    for tensor in (x.input(), x.output()):
        if len(tensor.shape) != 4:
            return f"'{tensor.name}' has shape {list(tensor.shape)}"
    return None


def per_tensor_activations(x: Operands) -> str | None:
    """Activations are quantized with one scale and zero point per tensor."""
    for tensor in (x.inputs[0], *x.outputs):
        quantization = tensor.quantization if tensor else None
        if quantization is None or (len(quantization.scales), len(quantization.zero_points)) != (
            1,
            1,
        ):
            return f"'{tensor.name if tensor else 'absent'}' is not"
    return None


def valid_quantization(x: Operands) -> str | None:
    """Scales are finite and (but on constants) positive; zero points are codes of their type."""
    for tensor in (*x.inputs, *x.outputs):
        if tensor is None or tensor.quantization is None or not 0 < tensor.dtype.bits <= 16:
            continue
        smallest = 0.0 if tensor.is_constant else 1e-30
        if not all(smallest <= scale <= 1e15 for scale in tensor.quantization.scales):
            return f"'{tensor.name}' has a scale of {min(tensor.quantization.scales)}"
        codes = 1 << tensor.dtype.bits
        low = 0 if tensor.dtype.value in ("uint8", "bool") else -codes // 2
        if not all(low <= zero < low + codes for zero in tensor.quantization.zero_points):
            return f"'{tensor.name}' has a zero point of {tensor.quantization.zero_point}"
    return None


def addressable(x: Operands) -> str | None:
    """No dimension is zero and no tensor has more than 2^23 elements."""
    for tensor in (*x.inputs, *x.outputs):
        if tensor is not None and (min(tensor.shape, default=1) < 1 or tensor.elements > 1 << 23):
            return f"'{tensor.name}' has shape {list(tensor.shape)}"
    return None


def quantized_activation(x: Operands) -> str | None:
    """The fused activation is NONE, RELU, RELU6 or RELU_N1_TO_1."""
    activation = x.attributes.activation
    return None if activation in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1") else str(activation)


def activation_bounds(x: Operands) -> str | None:
    """With RELU6 or RELU_N1_TO_1 the output's scale is at least 2^-28."""
    bounded = x.attributes.activation in ("RELU6", "RELU_N1_TO_1")
    scale = x.output().q.scale
    return f"a scale of {scale:g}" if bounded and scale < SMALLEST_ACTIVATION_SCALE else None
