"""Constraints that several operators share.

A docstring is the sentence that users read in an error and in docs/OPS.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.ir.ops.window import output_size

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands


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


def constant_weights(x: Operands) -> str | None:
    """Weights are int8 or int4 constants; the bias, if any, is an int32 constant."""
    weights = x.optional_input(1)
    if weights is None or not weights.is_constant or weights.dtype.value not in ("int8", "int4"):
        kind = "absent" if weights is None else weights.dtype.value
        return f"weights are {kind}{'' if weights and weights.is_constant else ', not constant'}"
    bias = x.optional_input(2)
    if bias is not None and (not bias.is_constant or bias.dtype.value != "int32"):
        return f"bias '{bias.name}' is {bias.dtype.value}"
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
    """No dimension is zero and no tensor has more than 2^24 elements."""
    for tensor in (*x.inputs, *x.outputs):
        if tensor is not None and (min(tensor.shape, default=1) < 1 or tensor.elements > 1 << 24):
            return f"'{tensor.name}' has shape {list(tensor.shape)}"
    return None


def symmetric_weights(x: Operands) -> str | None:
    """Weights are symmetric: every zero point is 0; scales are one or one per output channel."""
    weights = x.input(1)
    if weights.quantization is None:
        return f"'{weights.name}' is not quantized"
    if any(weights.quantization.zero_points):
        return f"'{weights.name}' has a zero point of {max(weights.quantization.zero_points)}"
    scales, channels = len(weights.quantization.scales), x.output().shape[-1]
    return None if scales in (1, channels) else f"{scales} scales for {channels} channels"


def quantized_activation(x: Operands) -> str | None:
    """The fused activation is NONE, RELU, RELU6 or RELU_N1_TO_1."""
    activation = x.attributes.activation
    return None if activation in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1") else str(activation)


def conv_shapes(x: Operands) -> str | None:
    """Weight, bias and output shapes agree with the input, strides, dilations and padding."""
    window, image, kernel, output = x.attributes.window, x.input(), x.input(1), x.output()
    depthwise = x.operator.name == "DEPTHWISE_CONV_2D"
    channels = kernel.shape[3] if depthwise else kernel.shape[0]
    pads = window.pads
    expected = (
        1,
        output_size(
            image.shape[1],
            kernel.shape[1],
            window.stride_h,
            window.dilation_h,
            pads.top + pads.bottom,
        ),
        output_size(
            image.shape[2], kernel.shape[2], window.stride_w, window.dilation_w, pads.left + pads.right
        ),
        channels,
    )
    if expected != output.shape:
        return f"output {list(output.shape)}, expected {list(expected)}"
    if depthwise and (
        kernel.shape[0] != 1 or channels != image.shape[3] * x.attributes.depth_multiplier
    ):
        return f"weights {list(kernel.shape)} for {image.shape[3]} input channels"
    if not depthwise and (kernel.shape[3] == 0 or image.shape[3] != kernel.shape[3]):
        return f"weights {list(kernel.shape)} for {image.shape[3]} input channels"
    bias = x.optional_input(2)
    if bias is not None and bias.elements != channels:
        return f"bias of {bias.elements} for {channels} channels"
    return None
