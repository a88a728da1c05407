"""MEAN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.fixed_point import quantize_multiplier
from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.weighted import ACCUMULATOR_LIMIT

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def mean_arity(x: Operands) -> str | None:
    """Inputs are activations and axes; there is one output."""
    if (len(x.inputs), len(x.outputs)) != (2, 1) or None in (*x.inputs, *x.outputs):
        return f"{len(x.inputs)} inputs and {len(x.outputs)} outputs"
    return None


def reduced_shape(x: Operands) -> str | None:
    """The output's shape is the input's without (or, keeping dimensions, with 1 for) its axes."""
    axes, source, target = x.attributes.axes, x.input().shape, x.output().shape
    if not source:
        return "the input is a scalar"
    kept = tuple(1 if i in axes else n for i, n in enumerate(source))
    if not x.attributes.keep_dims:
        kept = tuple(n for i, n in enumerate(source) if i not in axes)
    return None if kept == target else f"output {list(target)}, expected {list(kept)}"


def few_runs(x: Operands) -> str | None:
    """The axes form at most two runs of neighbouring dimensions."""
    runs = alternating_runs(x.input().shape, x.attributes.axes)
    return None if len(runs) <= RUNS else f"axes {list(x.attributes.axes)}"


def sum_fits(x: Operands) -> str | None:
    """For no input can the sum, rescaled, overflow int32."""
    peak = 256 * math.prod(x.input().shape[i] for i in x.attributes.axes)
    _, shift = mean_multiplier(x)
    if peak << max(shift, 0) >= ACCUMULATOR_LIMIT:
        return f"it may reach {peak} * 2^{max(shift, 0)}"
    return None


RUNS = 5


def alternating_runs(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of the runs of dimensions kept, reduced, kept, ... that make up `shape`.

    Dimensions of size 1 join any run. There are at least `RUNS` runs, absent ones of size 1.
    """
    runs = [1]
    for i, size in enumerate(shape):
        if size == 1:
            continue
        if (i in axes) == (len(runs) % 2 == 1):
            runs.append(1)
        runs[-1] *= size
    return tuple(runs) + (1,) * (RUNS - len(runs))


def mean_multiplier(x: Operands) -> tuple[int, int]:
    """TFLite's multiplier and shift for input scale / output scale / number of averaged elements.

    The quantized multiplier of the scales is divided as an integer, after a shift left by the
    bits of the divisor, so that no precision is lost.
    """
    multiplier, shift = quantize_multiplier(x.input().q.scale / x.output().q.scale)
    count = math.prod(x.input().shape[i] for i in x.attributes.axes)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // count, shift - bits


@register
@dataclass(frozen=True)
class Mean(Attributes):
    """Inputs: activations of any rank, constant int32 axes. `axes` are sorted, none negative."""

    op: ClassVar[str] = "MEAN"
    options_table: ClassVar[str] = "ReducerOptions"
    max_version: ClassVar[int] = 2
    constraints: ClassVar = (
        mean_arity,
        check.int8_activations,
        check.addressable,
        check.per_tensor_activations,
        check.valid_quantization,
        reduced_shape,
        few_runs,
        sum_fits,
    )

    axes: tuple[int, ...]
    keep_dims: bool = False

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        source, axes = inputs if len(inputs) == 2 else (None, None)
        if source is None or axes is None:
            raise ValueError("activations and axes must be present")
        if axes.data is None or axes.dtype.value != "int32" or len(axes.shape) > 1:
            raise ValueError("the axes must be a constant int32 list")
        rank, listed = len(source.shape), [int(axis) for axis in axes.data.reshape(-1)]
        if not all(-rank <= axis < rank for axis in listed):
            raise ValueError(f"axes {listed[:8]} of a tensor of rank {rank}")
        return cls(tuple(sorted({axis % rank for axis in listed})), options["keep_dims"])

    def to_options(self) -> Mapping[str, Any]:
        return {"keep_dims": self.keep_dims}
