"""Weights of 4 bits with activations of 8: the kernels of mcugen/cmsis_nn_int4.

The layout and why it is exact: mcugen/cmsis_nn_int4/include/mcugen_matmul_w4a8.h.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Operands
from mcugen.ir.ops.weighted import weight_sums
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower import int4_products
from mcugen.runtimes.aot.lower.conv import (
    image_fields,
    in_groups,
    window_fields,
    windows_are_rows,
)
from mcugen.runtimes.aot.lower.depthwise_conv import (
    as_convolution,
    one_channel,
    zero_point_overflows,
)
from mcugen.runtimes.aot.lower.fully_connected import rows_of
from mcugen.runtimes.aot.lower.pairs import (
    channel_rows,
    doubled_sums_overflow,
    folded_bias,
    pair_constants,
    paired,
)
from mcugen.runtimes.aot.lower.weighted import output_range
from mcugen.runtimes.aot.program import (
    VARIANTS,
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    output_view,
    variants,
)

PIXELS = 4
"""Pixels that the kernels multiply side by side."""

EVEN_LIMIT = 1 << 27
"""What the sum of an even channel stays below: the kernels compute it in units of 16."""

ODD_LIMIT = 1 << 19
"""What the sum of an odd channel stays below: the kernels compute it in units of 4096."""


def int4_weights(x: Operands) -> bool:
    """Whether these kernels are meant for the layer."""
    weights = x.optional_input(1)
    return weights is not None and weights.dtype is DType.INT4


def sums_overflow(x: Operands) -> str | None:
    """Sums of products stay below 2^27 in even channels, below 2^19 in odd ones."""
    rows = channel_rows(x)
    positive, negative = np.maximum(rows, 0).sum(axis=1), np.maximum(-rows, 0).sum(axis=1)
    peaks = 255 * np.maximum(positive, negative)
    for first, limit, power in ((0, EVEN_LIMIT, 27), (1, ODD_LIMIT, 19)):
        wide = np.flatnonzero(peaks[first::2] >= limit)
        if len(wide):
            return f"the products of channel {2 * wide[0] + first} may sum to 2^{power}"
    return None


OBSTACLES = (sums_overflow, doubled_sums_overflow)
REASON = "4-bit weights in half the flash; two channels and four depths a word"


def matrix_product(x: Operands) -> list[Step]:
    """The input as rows of the weights' depth."""
    rows, depth = rows_of(x)
    step = Step(
        kernel="fully_connected_w4a8",
        params={"rows": rows, "row_bytes": depth, **matmul_fields(x)},
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=pixel_bytes(depth, PIXELS if rows >= PIXELS else 1),
        sources=("matmul_w4a8",),
    )
    return [step]


def convolution(x: Operands) -> list[Step]:
    """Windows are gathered four at a time."""
    _, kernel_h, kernel_w, input_channels = x.input(1).shape
    depth = kernel_h * kernel_w * input_channels
    step = Step(
        kernel="conv_w4a8",
        params={
            **image_fields(x),
            **window_fields(x),
            "input_zero_point": x.input().q.zero_point,
            **matmul_fields(x),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=pixel_bytes(depth, PIXELS) + depth + -depth % 4,
        sources=("matmul_w4a8",),
    )
    return [step]


def pixel_bytes(depth: int, count: int) -> int:
    """Scratch for the widened activations of `count` pixels and where their sums start."""
    return count * (8 + 2 * (depth + -depth % 4))


def matmul_fields(x: Operands) -> dict[str, Field]:
    """The members of mcugen_matmul_w4a8_params, for a struct that holds it as `matmul`."""
    rows = channel_rows(x)
    units, depth = rows.shape
    # The kernels multiply activations + 128.
    bias = folded_bias(x) - 128 * weight_sums(x)[0]
    bias_even, bias_odd = paired(2 * bias[:, np.newaxis])
    weights = Constant(nibbles(rows), f"weights {list(x.input(1).shape)}, 4 bits, in pairs")
    return {
        "matmul.depth": depth + -depth % 4,
        "matmul.units": units,
        "matmul.output_zero_point": x.output().q.zero_point,
        **{f"matmul.{name}": value for name, value in output_range(x).items()},
        "matmul.weights": weights,
        "matmul.channels": pair_constants(x, bias_even, bias_odd),
    }


def nibbles(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """[units][depth] weights as [ceil(units / 2)][ceil(depth / 4)] words."""
    padded = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    u, v = (half.reshape(len(half), -1, 4) for half in paired(padded))
    fields = [v[..., 2], v[..., 3] + 8, u[..., 2] + 8, u[..., 3] + 8]
    fields += [v[..., 0], v[..., 1] + 8, u[..., 0] + 8, u[..., 1] + 8]
    words = np.zeros(u.shape[:2], np.uint32)
    for field in fields:
        words = words << np.uint32(4) | (field & 15).astype(np.uint32)
    return words


def depthwise(variant: Variant) -> Variant:
    """A variant for 8-bit weights, its kernel called on weights that are widened to scratch."""
    kernel = variant.kernel.replace("depthwise_conv_s8", "depthwise_conv_w4a8")

    def lower(x: Operands) -> list[Step]:
        steps = variant.lower(x)
        assert isinstance(steps, list)
        (step,) = steps
        fields = {f"conv.{name}": value for name, value in step.params.items() if name != "weights"}
        weights = step.params["weights"]
        assert isinstance(weights, Constant)
        words = eights(weights.data)
        packed = {"weights": Constant(words, f"{weights.comment}, 4 bits")}
        return [
            replace(
                step,
                kernel=kernel,
                params={**packed, "weight_words": len(words), **fields},
                scratch_bytes=8 * len(words) + step.scratch_bytes,
            )
        ]

    reason = f"4-bit weights in half the flash, widened once; then {variant.kernel}"
    return replace(variant.when(int4_weights), kernel=kernel, lower=lower, reason=reason)


def is_depthwise(variant: Variant) -> bool:
    """Whether a variant is one for 8-bit weights that `depthwise` takes."""
    return variant.kernel.startswith("depthwise_conv_s8")


def eights(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
    """Weights in the layout of mcugen_nibbles.h."""
    flat = weights.reshape(-1).astype(np.uint32) + np.uint32(8)
    halves = np.pad(flat, (0, -len(flat) % 8)).reshape(-1, 2, 4)
    octets = halves[:, 0] | halves[:, 1] << np.uint32(4)
    words: npt.NDArray[np.uint32] = octets @ np.array([1, 1 << 8, 1 << 16, 1 << 24], np.uint32)
    return words


DSP = (
    Variant("fully_connected_w4a8", matrix_product, frozenset({Isa.DSP}), OBSTACLES, REASON),
    Variant("conv_w4a8", convolution, frozenset({Isa.DSP}), (in_groups, *OBSTACLES), REASON),
)
CORES = (DSP, int4_products.MVE, int4_products.PORTABLE)
MATRIX_PRODUCTS = tuple(product.when(int4_weights) for product, _ in CORES)
CONVOLUTIONS = (
    *(product.when(windows_are_rows) for product in MATRIX_PRODUCTS),
    *(conv.when(int4_weights) for _, conv in CORES),
)

# Before the 8-bit kernels, which take int4 weights widened.
variants("FULLY_CONNECTED", *MATRIX_PRODUCTS, *VARIANTS["FULLY_CONNECTED"])
variants("CONV_2D", *CONVOLUTIONS, *VARIANTS["CONV_2D"])
variants(
    "DEPTHWISE_CONV_2D",
    *(
        variant.through(as_convolution).when(one_channel).unless(zero_point_overflows)
        for variant in CONVOLUTIONS
    ),
    *map(depthwise, filter(is_depthwise, VARIANTS["DEPTHWISE_CONV_2D"])),
    *VARIANTS["DEPTHWISE_CONV_2D"],
)
