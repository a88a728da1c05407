"""FULLY_CONNECTED."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.pairs import (
    PIXELS,
    doubled_sums_overflow,
    lanes_overflow,
    matmul_fields,
    matmul_pixels,
    padded,
)
from mcugen.runtimes.aot.lower.weighted import (
    output_range,
    weight_constants,
)
from mcugen.runtimes.aot.program import (
    Obstacle,
    Step,
    Variant,
    input_view,
    output_view,
    variants,
)


def rows_of(x: Operands) -> tuple[int, int]:
    """How many rows the input has, and their depth in bytes."""
    units = x.input(1).shape[0]
    depth = x.input(1).elements // units
    return x.output().elements // units, depth


def matrix_product(x: Operands) -> list[Step]:
    """The input as rows of the weights' depth."""
    rows, depth = rows_of(x)
    step = Step(
        kernel="fully_connected_s8",
        params={
            "rows": rows,
            "depth": depth,
            "units": x.input(1).shape[0],
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=True),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
    return [step]


def matrix_product_dsp(x: Operands) -> list[Step]:
    """As matrix_product, two output channels in each lane of the weights."""
    rows, depth = rows_of(x)
    step = Step(
        kernel="fully_connected_s8_dsp",
        params={"rows": rows, "row_bytes": depth, **matmul_fields(x, rows)},
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=matmul_pixels(x, rows) * 2 * padded(depth),
        sources=("matmul_s8_dsp",),
    )
    return [step]


PAIR_OBSTACLES: tuple[Obstacle, ...] = (lanes_overflow, doubled_sums_overflow)
"""What keeps a layer from the kernels that hold two output channels in a lane."""

FEW_UNITS = 2
"""Up to so many, widening a row to memory costs more than it saves."""


def matrix_product_few_dsp(x: Operands) -> list[Step]:
    """As matrix_product_dsp, without scratch: activations are widened in registers."""
    rows, depth = rows_of(x)
    step = Step(
        kernel="fully_connected_s8_few_dsp",
        params={"rows": rows, "row_bytes": depth, **matmul_fields(x, rows)},
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
    return [step]


def is_small(x: Operands) -> bool:
    """Whether neither units nor rows share what it costs to widen activations to memory."""
    rows, _ = rows_of(x)
    return bool(x.input(1).shape[0] <= FEW_UNITS) and rows < PIXELS


MATRIX_PRODUCTS: tuple[Variant, ...] = (
    Variant(
        "fully_connected_s8_few_dsp",
        matrix_product_few_dsp,
        frozenset({Isa.DSP}),
        PAIR_OBSTACLES,
        "few units: activations widened in registers, two channels a lane",
        (is_small,),
    ),
    Variant(
        "fully_connected_s8_dsp",
        matrix_product_dsp,
        frozenset({Isa.DSP}),
        PAIR_OBSTACLES,
        "rows four at a time where there are four, two channels a lane",
    ),
    Variant(
        "fully_connected_s8",
        matrix_product,
        reason="plain matrix product, four units side by side",
    ),
)

variants("FULLY_CONNECTED", *MATRIX_PRODUCTS)
