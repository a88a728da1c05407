"""Weights of 4 bits with activations of 8, for Helium and for plain C.

Two kernels for each: fully_connected_w4a8_* and, over gathered windows, conv_w4a8_*. The layouts
are drawn in mcugen/cmsis_nn_int4/include/mcugen_fully_connected_w4a8_{mve,portable}.h.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.ir.ops.weighted import weight_sums
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.conv import MVE_ROWS, gather_fields, in_groups, mve_windows
from mcugen.runtimes.aot.lower.fully_connected import rows_of
from mcugen.runtimes.aot.lower.pairs import channel_rows, folded_bias, paired
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import (
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    int32,
    output_view,
)

LIMIT = 1 << 27
"""What sums stay below: some are computed in units of 16."""

BLOCK = 4
"""Units whose weights lie together for plain C."""

EXCESS = 8
"""What makes weights of 4 bits unsigned."""


def product_fields(x: Operands, isa: Isa, rows: int) -> dict[str, Field]:
    """The members of mcugen_fully_connected_w4a8_*_params that do not depend on who calls it.

    `rows` is the number of rows, or of windows, of the layer.
    """
    weights = channel_rows(x)
    units, depth = weights.shape
    fields = weight_constants(x, fold_zero_point=True)
    comment = f"weights {list(x.input(1).shape)}, 4 bits"
    if isa is Isa.MVE:
        excess = EXCESS if rows < MVE_ROWS else 0
        fields["weights"] = Constant(byte_pairs(weights, excess), f"{comment}, two units a byte")
        if excess == 0:
            fields["bias"] = Constant(
                int32(16 * folded_bias(x)), "bias, zero point folded in, * 16"
            )
        fields["excess"] = excess
    else:
        fields["weights"] = Constant(word_pairs(weights), f"{comment}, in pairs of units")
    return {
        **fields,
        "depth": depth,
        "units": units,
        "output_zero_point": x.output().q.zero_point,
        **output_range(x),
    }


def byte_pairs(rows: npt.NDArray[np.int64], excess: int) -> npt.NDArray[np.int8]:
    """[units][depth] weights as [ceil(units / 2)][depth] bytes, for Helium."""
    even, odd = paired(rows)
    return (odd << 4 | (even + excess) & 15).astype(np.int8)


def word_pairs(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """[units][depth] weights as words of two units and four depths, for plain C."""
    fields = np.pad((rows + EXCESS).astype(np.uint32), ((0, 0), (0, -rows.shape[1] % 4)))
    fields = np.pad(fields, ((0, len(rows) % 2), (0, 0)))
    lanes = fields.reshape(len(fields) // 2, 2, -1, 4)
    shifts = np.arange(0, 32, 4, dtype=np.uint32).reshape(2, 1, 4)
    words = (lanes << shifts).sum(axis=(1, 3), dtype=np.uint32)
    blocks = [words[i : i + BLOCK // 2].T.reshape(-1) for i in range(0, len(words), BLOCK // 2)]
    return np.concatenate(blocks)


def matrix_product(x: Operands, isa: Isa) -> list[Step]:
    """The input as rows of the weights' depth."""
    rows, _ = rows_of(x)
    step = Step(
        kernel=f"fully_connected_w4a8_{isa.value}",
        params={"rows": rows, **product_fields(x, isa, rows)},
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
    return [step]


def convolution(x: Operands, isa: Isa) -> list[Step]:
    """Windows are gathered, several at once where rows are multiplied side by side."""
    total = x.output().elements // x.output().shape[-1]
    windows = mve_windows(x) if isa is Isa.MVE else 1
    product = product_fields(x, isa, total)
    step = Step(
        kernel=f"conv_w4a8_{isa.value}",
        params={
            **gather_fields(x),
            "windows": windows,
            **{f"product.{name}": value for name, value in product.items()},
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=windows * channel_rows(x).shape[1],
        sources=(f"fully_connected_w4a8_{isa.value}", "gather"),
    )
    return [step]


def scaled_sums_overflow(x: Operands) -> str | None:
    """Sums of products, with weights made unsigned, and the bias stay below 2^27."""
    magnitudes, depth = weight_sums(x)[1], channel_rows(x).shape[1]
    peaks = 128 * (magnitudes + EXCESS * depth) + np.abs(folded_bias(x))
    wide = np.flatnonzero(peaks >= LIMIT)
    return f"the sum of channel {wide[0]} may reach 2^27" if len(wide) else None


def products(isa: Isa, reason: str) -> tuple[Variant, Variant]:
    """The kernels of an instruction set for fully connected layers and for convolutions."""
    isas, obstacles = frozenset({isa}), (scaled_sums_overflow,)
    return (
        Variant(
            f"fully_connected_w4a8_{isa.value}",
            lambda x: matrix_product(x, isa),
            isas,
            obstacles,
            reason,
        ),
        Variant(
            f"conv_w4a8_{isa.value}",
            lambda x: convolution(x, isa),
            isas,
            (in_groups, *obstacles),
            reason,
        ),
    )


MVE = products(Isa.MVE, "4-bit weights in half the flash; two units a byte, three windows at once")
PORTABLE = products(
    Isa.PORTABLE, "4-bit weights in half the flash; two units' products a multiplication"
)
