"""ADD, SUB, MUL, MAXIMUM and MINIMUM."""

from __future__ import annotations

from mcugen.ir.fixed_point import activation_range, quantize_multiplier
from mcugen.ir.graph import Operands
from mcugen.ir.ops.elementwise import MAX_RANK, product_multiplier, sum_multipliers
from mcugen.runtimes.aot.program import Field, Step, input_view, lowering, output_view

Shape = tuple[int, ...]


@lowering("ADD", "SUB")
def lower_add(x: Operands) -> list[Step]:
    first, second = _order(x)
    reals = sum_multipliers(x)
    params = _walk(x, first, second)
    for name, position in (("0", first), ("1", second)):
        params[f"zero_point{name}"] = x.input(position).q.zero_point
        multiplier, shift = quantize_multiplier(reals[position])
        params |= {f"multiplier{name}": multiplier, f"shift{name}": shift}
    params["sign1"] = -1 if x.operator.name == "SUB" else 1
    return [_step("add_s8", x, params | _output_params(x, reals[2]), first, second)]


@lowering("MUL")
def lower_mul(x: Operands) -> list[Step]:
    first, second = _order(x)
    params = _walk(x, first, second)
    params["zero_point0"] = x.input(first).q.zero_point
    params["zero_point1"] = x.input(second).q.zero_point
    params |= _output_params(x, product_multiplier(x))
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
    dims, strides0, strides1 = merge_dimensions(
        x.input(first).shape, x.input(second).shape, x.output().shape
    )
    return {
        "dims": dims,
        "steps0": pointer_steps(dims, strides0),
        "steps1": pointer_steps(dims, strides1),
    }


def _output_params(x: Operands, real_multiplier: float) -> dict[str, Field]:
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    multiplier, shift = quantize_multiplier(real_multiplier)
    return {
        "output_zero_point": output.q.zero_point,
        "output_multiplier": multiplier,
        "output_shift": shift,
        "activation_min": low,
        "activation_max": high,
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
