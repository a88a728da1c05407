"""ADD, SUB, MUL, MAXIMUM and MINIMUM."""

from __future__ import annotations

import math

from mcugen.ir.fixed_point import quantize_multiplier
from mcugen.ir.graph import Operands
from mcugen.ir.ops.elementwise import MAX_RANK, product_multiplier, sum_multipliers, sum_scales
from mcugen.runtimes.aot.linear_sum import linear_sum
from mcugen.runtimes.aot.lower.weighted import output_range
from mcugen.runtimes.aot.program import (
    Constant,
    Field,
    Step,
    Variant,
    input_view,
    int32,
    lowering,
    output_view,
    variants,
)

Shape = tuple[int, ...]


def lower_add(x: Operands) -> list[Step]:
    """The sum as a linear form of the codes."""
    first, second = _order(x)
    form = linear_sum(x, first, second)
    assert form is not None
    params = {**_walk(x, first, second), **vars(form), **output_range(x)}
    return [_step("add_s8", x, params, first, second)]


def lower_rescaled_add(x: Operands) -> list[Step]:
    """The sum as TFLite computes it, with three roundings."""
    first, second = _order(x)
    to_common0, to_common1, to_output = map(quantize_multiplier, sum_multipliers(sum_scales(x)))
    if first == 1:
        to_common0, to_common1 = to_common1, to_common0
    params = {
        **_walk(x, first, second),
        "multiplier0": to_common0[0],
        "multiplier1": to_common1[0],
        "output_multiplier": to_output[0],
        "shift0": to_common0[1],
        "shift1": to_common1[1],
        "output_shift": to_output[1],
        "sign1": -1 if x.operator.name == "SUB" else 1,
        **_zero_points(x, first, second),
        **output_range(x),
    }
    return [_step("add_rescaled_s8", x, params, first, second)]


def no_linear_form(x: Operands) -> str | None:
    """Why `lower_add` cannot serve."""
    return None if linear_sum(x, *_order(x)) else "no linear form gives every pair of codes its sum"


SUMS = (
    Variant(
        "add_s8",
        lower_add,
        obstacles=(no_linear_form,),
        reason="two multiplications a sum, tried on all 65,536 pairs of codes",
    ),
    Variant("add_rescaled_s8", lower_rescaled_add),
)
variants("ADD", *SUMS)
variants("SUB", *SUMS)


@lowering("MUL")
def lower_mul(x: Operands) -> list[Step]:
    first, second = _order(x)
    multiplier, shift = quantize_multiplier(product_multiplier(x))
    params = {
        **_walk(x, first, second),
        "output_multiplier": multiplier,
        "output_shift": shift,
        **_zero_points(x, first, second),
        **output_range(x),
    }
    return [_step("mul_s8", x, params, first, second)]


@lowering("MAXIMUM", "MINIMUM")
def lower_max_min(x: Operands) -> list[Step]:
    first, second = _order(x)
    params = _walk(x, first, second)
    params["invert"] = -1 if x.operator.name == "MINIMUM" else 0
    return [_step("max_min_s8", x, params, first, second)]


def _order(x: Operands) -> tuple[int, int]:
    """The inputs' positions, swapped if that lets the output take the place of the first one."""
    commutes = x.operator.name != "SUB"
    return (1, 0) if commutes and not _replaceable(x, 0) and _replaceable(x, 1) else (0, 1)


def _replaceable(x: Operands, position: int) -> bool:
    source = x.input(position)
    return not source.is_constant and source.elements == x.output().elements


def _walk(x: Operands, first: int, second: int) -> dict[str, Field]:
    """Elements of a row, and how to get from row to row; see mcugen_broadcast.h."""
    dims, strides0, strides1 = merge_dimensions(
        x.input(first).shape, x.input(second).shape, x.output().shape
    )
    if math.prod(dims[:-1]) == strides0[-1] == strides1[-1] == 1:
        return {"size": dims[-1], "walk": None}
    walk = [*dims, *pointer_steps(dims, strides0), *pointer_steps(dims, strides1)]
    return {"size": dims[-1], "walk": Constant(int32(walk), "broadcast: dims, steps0, steps1")}


def _zero_points(x: Operands, first: int, second: int) -> dict[str, Field]:
    return {
        "zero_point0": x.input(first).q.zero_point,
        "zero_point1": x.input(second).q.zero_point,
        "output_zero_point": x.output().q.zero_point,
    }


def _step(kernel: str, x: Operands, params: dict[str, Field], first: int, second: int) -> Step:
    inputs = (input_view(x, first), input_view(x, second))
    return Step(kernel, params, inputs, (output_view(x),), in_place=_replaceable(x, first))


def merge_dimensions(first: Shape, second: Shape, output: Shape) -> tuple[Shape, Shape, Shape]:
    """The output's dimensions and both inputs' strides, `MAX_RANK` of each.

    Neighbouring dimensions that both inputs walk in the same way are one, so that rows are long.
    """
    rank = len(output)
    first, second = ((1,) * (rank - len(shape)) + shape for shape in (first, second))
    merged: list[tuple[int, bool, bool]] = []
    for size, size0, size1 in zip(output, first, second, strict=True):
        if size == 1:
            continue
        kind = (size0 > 1, size1 > 1)
        if merged and merged[-1][1:] == kind:
            size *= merged.pop()[0]
        merged.append((size, *kind))
    merged = [(1, False, False)] * (MAX_RANK - len(merged)) + merged
    dims = tuple(size for size, _, _ in merged)
    return dims, _strides(dims, [m[1] for m in merged]), _strides(dims, [m[2] for m in merged])


def _strides(dims: Shape, walked: list[bool]) -> Shape:
    strides, elements = [], 1
    for size, walks in zip(reversed(dims), reversed(walked), strict=True):
        strides.append(elements if walks else 0)
        elements *= size if walks else 1
    return tuple(reversed(strides))


def pointer_steps(dims: Shape, strides: Shape) -> Shape:
    """How far a pointer moves when a dimension advances and those inside it start over.

    It stays at the start of a row while the innermost dimension runs, whose step is its stride.
    """
    steps, travelled = [strides[-1]], 0
    for size, stride in zip(reversed(dims[:-1]), reversed(strides[:-1]), strict=True):
        steps.append(stride - travelled)
        travelled += stride * (size - 1)
    return tuple(reversed(steps))
