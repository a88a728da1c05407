"""Constraints of operators with one input and one output of its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands

RESCALE_LIMIT = 1 << 22
"""A difference of two 8-bit codes, rescaled by less than this, stays within int32."""


def one_to_one(x: Operands) -> str | None:
    """There is one input and one output."""
    if (len(x.inputs), len(x.outputs)) != (1, 1) or None in (*x.inputs, *x.outputs):
        return f"{len(x.inputs)} inputs and {len(x.outputs)} outputs"
    return None


def same_shape(x: Operands) -> str | None:
    """Input and output have the same shape."""
    source, target = x.input().shape, x.output().shape
    return None if source == target else f"input {list(source)}, output {list(target)}"


def same_quantization(x: Operands) -> str | None:
    """Inputs and output have the same scale and zero point: nothing is rescaled."""
    first, *others = [t.quantization for t in (*x.inputs, *x.outputs) if t is not None]
    for other in others:
        if first is None or other is None or first.zero_points != other.zero_points:
            return "zero points differ"
        if abs(first.scale - other.scale) > 1e-6 * max(first.scale, other.scale):
            return f"scales {first.scale:g} and {other.scale:g}"
    return None


def moderate_rescaling(x: Operands) -> str | None:
    """The input's scale is less than 2^22 times the output's."""
    source, target = x.input().q.scale, x.output().q.scale
    return None if source < RESCALE_LIMIT * target else f"{source:g}, the output's is {target:g}"
