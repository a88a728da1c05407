"""Layers with 4-bit activations computed by 8-bit kernels, a few rows of the output at a time.

A strip of the packed input is unpacked to scratch, the kernel makes the strip of the output from
it, and that is packed. So a layer never holds more than a strip at 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcugen.ir.graph import DType, Operands, Tensor
from mcugen.isa import Isa
from mcugen.runtimes.aot.program import (
    Operand,
    Scratch,
    Step,
    Variant,
    View,
    input_view,
    output_view,
)

LEAST_ROWS = 2
"""Rows of a strip: kernels go over the output by two rows, or by four pixels."""
PIXELS = 4

ALIGNMENT_BYTES = 8


@dataclass(frozen=True)
class Strip:
    """Rows first_out .. of the output, and the layer that makes them of rows first_in .."""

    first_in: int
    first_out: int
    x: Operands


def strips(x: Operands, isa: Isa, table: Sequence[Variant]) -> list[Step]:
    """The steps of a layer that has 4-bit activations; `table` holds its 8-bit kernels."""
    lowered = []
    for strip in _divided(_at_8_bits(x)):
        variant = next(v for v in table if v.is_for(strip.x, isa) and not v.obstacle(strip.x))
        steps = variant.lower(strip.x)
        assert isinstance(steps, list)
        lowered.append((strip, steps))
    source = max(_whole(strip.x.input().size_bytes) for strip, _ in lowered)
    target = max(_whole(strip.x.output().size_bytes) for strip, _ in lowered)
    working = max(_whole(step.scratch_bytes) for _, steps in lowered for step in steps)
    source *= x.input().dtype is DType.INT4
    target *= x.output().dtype is DType.INT4
    places = _Places(source + target + working, 0, source, source + target)
    return [call for strip, steps in lowered for call in _calls(x, strip, steps, places)]


@dataclass(frozen=True)
class _Places:
    """Where a strip's input, output and scratch lie in the layer's working memory."""

    size_bytes: int
    source: int
    target: int
    working: int


def _calls(x: Operands, strip: Strip, steps: list[Step], places: _Places) -> list[Step]:
    source: Operand = View(input_view(x).tensor, _bytes_before(x.input(), strip.first_in))
    target: Operand = View(output_view(x).tensor, _bytes_before(x.output(), strip.first_out))
    before, after = [], []
    if x.input().dtype is DType.INT4:
        unpacked = Scratch(places.size_bytes, places.source)
        before = [_convert("unpack_s4", x.input(), strip.x.input(), source, unpacked)]
        source = unpacked
    if x.output().dtype is DType.INT4:
        codes = Scratch(places.size_bytes, places.target)
        after = [_convert("pack_s4", x.output(), strip.x.output(), codes, target)]
        target = codes
    calls = []
    for step in steps:
        outputs = [_moved(o, x, source, target) for o in step.outputs]
        if step.scratch_bytes:
            outputs.append(Scratch(places.size_bytes, places.working))
        inputs = tuple(_moved(o, x, source, target) for o in step.inputs)
        call = replace(step, inputs=inputs, outputs=tuple(outputs), scratch_bytes=0, in_place=False)
        calls.append(call)
    return [*before, *calls, *after]


def _moved(operand: Operand, x: Operands, source: Operand, target: Operand) -> Operand:
    """The same place in the strip's input or output."""
    if not isinstance(operand, View):
        return operand
    if operand.tensor == x.operator.outputs[0]:
        place = target
    elif operand.tensor == x.operator.inputs[0]:
        place = source
    else:
        return operand
    assert isinstance(place, View | Scratch)
    return replace(place, offset_bytes=place.offset_bytes + operand.offset_bytes)


def _convert(kernel: str, stored: Tensor, codes: Tensor, source: Operand, target: Operand) -> Step:
    channels = codes.shape[-1]
    return Step(
        kernel,
        {
            "rows": codes.elements // channels,
            "channels": channels,
            "first_code": codes.q.zero_point - stored.q.zero_point - 8,
        },
        (source,),
        (target,),
    )


def _at_8_bits(x: Operands) -> Operands:
    """The layer with the codes of its 4-bit tensors in int8.

    Average pooling rounds by the sign of the codes: it must see those of the file, whose zero
    points are the same on both sides.
    """

    def widened(tensor: Tensor) -> Tensor:
        if tensor.dtype is not DType.INT4:
            return tensor
        quantization = tensor.q
        if x.operator.name.endswith("POOL_2D") and x.output().dtype is DType.INT8:
            quantization = replace(quantization, zero_points=x.output().q.zero_points)
        return replace(tensor, dtype=DType.INT8, quantization=quantization)

    return replace(x, inputs=(widened(x.input()), *x.inputs[1:]), outputs=(widened(x.output()),))


def _divided(x: Operands) -> list[Strip]:
    """The layer in strips, or whole if it has no rows or a strip would have no input."""
    whole = [Strip(0, 0, x)]
    if not hasattr(x.attributes, "window"):
        return whole
    _, height, width, _ = x.output().shape
    ranges = row_ranges(height, width, by_pixels=x.operator.name == "CONV_2D")
    found = [_strip(x, first, last) for first, last in ranges]
    return found if all(strip.x.input().shape[1] > 0 for strip in found) else whole


def row_ranges(height: int, width: int, *, by_pixels: bool) -> list[tuple[int, int]]:
    """(first, last) rows of each strip of an output.

    Of kernels that go `by_pixels`, PIXELS at a time, all strips but the last have a multiple of
    these. Fewer at the end belong to the strip before: weights would be packed, and stored, for
    them once more.
    """
    rows = max(LEAST_ROWS, PIXELS // math.gcd(PIXELS, width)) if by_pixels else LEAST_ROWS
    firsts = list(range(0, height, rows))
    if by_pixels and len(firsts) > 1 and (height - firsts[-1]) * width < PIXELS:
        firsts.pop()
    return list(zip(firsts, [*(first - 1 for first in firsts[1:]), height - 1], strict=True))


def _strip(x: Operands, first: int, last: int) -> Strip:
    window, height = x.attributes.window, x.input().shape[1]
    kernel_h = _kernel_h(x)
    top = first * window.stride_h - window.pads.top
    bottom = last * window.stride_h - window.pads.top + (kernel_h - 1) * window.dilation_h + 1
    begin, end = max(top, 0), min(bottom, height)
    pads = replace(window.pads, top=begin - top, bottom=bottom - end)
    attributes = replace(x.attributes, window=replace(window, pads=pads))
    return Strip(
        begin,
        first,
        Operands(
            replace(x.operator, attributes=attributes),
            (_with_rows(x.input(), end - begin), *x.inputs[1:]),
            (_with_rows(x.output(), last + 1 - first),),
        ),
    )


def _kernel_h(x: Operands) -> int:
    """Rows of the kernel, or of the pooling filter."""
    if x.operator.name.endswith("POOL_2D"):
        rows: int = x.attributes.filter_hw[0]
        return rows
    return x.input(1).shape[1]


def _with_rows(tensor: Tensor, rows: int) -> Tensor:
    return replace(tensor, shape=(tensor.shape[0], rows, *tensor.shape[2:]))


def _bytes_before(tensor: Tensor, row: int) -> int:
    return _with_rows(tensor, row).size_bytes if row else 0


def _whole(size_bytes: int) -> int:
    return size_bytes + -size_bytes % ALIGNMENT_BYTES
