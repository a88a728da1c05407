"""SVDF, a rank-limited convolution over the last few inferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import float32
from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.weighted import ACCUMULATOR_LIMIT

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def svdf_arity(x: Operands) -> str | None:
    """Inputs are activations, feature weights, time weights, bias and the state; one output."""
    if (len(x.inputs), len(x.outputs)) != (4, 1) or None in (*x.inputs, *x.outputs):
        # The reader has made the state, the fifth input, a variable.
        present = sum(tensor is not None for tensor in x.inputs)
        return f"{present + 1} inputs and {len(x.outputs)} outputs"
    return None


def svdf_types(x: Operands) -> str | None:
    """Feature weights are int8, bias int32, time weights int8 or int16 as the state; constants."""
    if x.input().is_constant:
        return f"input '{x.input().name}' is constant"
    kinds = (("int8",), ("int8", "int16"), ("int32",))
    for position, allowed in enumerate(kinds, start=1):
        tensor = x.input(position)
        if not tensor.is_constant or tensor.dtype.value not in allowed:
            constant = "constant" if tensor.is_constant else "variable"
            return f"'{tensor.name}' is a {constant} {tensor.dtype.value} tensor"
    state, time = x.attributes.state_dtype, x.input(2).dtype.value
    return None if state == time else f"time weights are {time}, the state {state}"


def svdf_shapes(x: Operands) -> str | None:
    """Shapes agree: [1,n], [rank*units,n], [rank*units,memory], [units], [1,units*rank*memory]."""
    shapes = [x.input(i).shape for i in range(4)]
    source, feature, time, bias = shapes
    rank, found = (
        x.attributes.rank,
        f"{[list(shape) for shape in shapes]}, rank {x.attributes.rank}",
    )
    if [len(shape) for shape in (source, feature, time)] != [2, 2, 2] or source[0] != 1:
        return found
    if rank < 1 or feature[0] % rank or feature[1] != source[1] or time[0] != feature[0]:
        return found
    units = feature[0] // rank
    if bias != (units,) or x.output().shape != (1, units):
        return f"{found}, output {list(x.output().shape)}"
    state = x.attributes.state_shape
    return None if state == (1, time[0] * time[1]) else f"{found}, state {list(state)}"


def svdf_quantization(x: Operands) -> str | None:
    """Weights and state have one scale; zero points are 0, but an int8 state's may be any."""
    for tensor in (x.input(1), x.input(2)):
        quantization = tensor.quantization
        if quantization is None or len(quantization.scales) != 1 or any(quantization.zero_points):
            return f"'{tensor.name}' has not"
    scale, zero_point = x.attributes.state_scale, x.attributes.state_zero_point
    if not 1e-30 <= scale <= 1e15:
        return f"the state has a scale of {scale}"
    lowest, highest = (-128, 127) if x.attributes.state_dtype == "int8" else (0, 0)
    if not lowest <= zero_point <= highest:
        return f"the state's zero point is {zero_point}"
    return None


def svdf_bias_scale(x: Operands) -> str | None:
    """The bias's scale is state scale * time scale, to within 1e-5 as TFLM demands."""
    quantization = x.input(3).quantization
    scale = quantization.scale if quantization and quantization.scales else 0.0
    product = float32(x.attributes.state_scale * x.input(2).q.scale)
    return None if abs(product - scale) < 1e-5 else f"{scale:g}, not {product:g}"


def svdf_features_fit(x: Operands) -> str | None:
    """Multipliers are below 2^15, and for no input can a feature's sum overflow int32."""
    to_state, to_output = effective_scales(x)
    if max(to_state, to_output) >= 1 << 15:
        return f"multipliers of {to_state:g} and {to_output:g}"
    peak = 256 * int(np.abs(wide(x.input(1))).sum(axis=1).max())
    scaled = peak * max(1, 2 * to_state)
    return None if scaled < ACCUMULATOR_LIMIT else f"it may reach {scaled:g}"


def effective_scales(x: Operands) -> tuple[float, float]:
    """Real multipliers of the features and of the output.

    In double precision as the oracle's; TFLM of early 2026 and before computes them in single.
    """
    source, feature, time = (x.input(i).q.scale for i in range(3))
    state = x.attributes.state_scale
    return source * feature / state, state * time / x.output().q.scale


def wide(tensor: Tensor) -> npt.NDArray[np.int64]:
    """A constant's values in int64."""
    assert tensor.data is not None
    return tensor.data.astype(np.int64)


@register
@dataclass(frozen=True)
class Svdf(Attributes):
    """Inputs: activations [1,n], feature weights [f,n], time weights [f,memory], bias [units].

    Each inference appends to the memory of every filter its features, the input times the filter's
    feature weights, and forgets the oldest; `rank` filters make a unit. The fused activation has
    no effect on integers, as in TFLM.

    In the file the memory is a fifth input, a variable tensor [1,f*memory] with no producer. The
    reader makes it `Graph.variables[variable]`, initially its zero point if it is int8 and else 0,
    gives its index as the option `variable`, and leaves the tensor out of the operator's inputs
    once it has called `from_options` with it. The writer reverses this.
    """

    op: ClassVar[str] = "SVDF"
    options_table: ClassVar[str] = "SVDFOptions"
    max_version: ClassVar[int] = 4
    constraints: ClassVar = (
        svdf_arity,
        check.int8_activations,
        check.addressable,
        svdf_types,
        svdf_shapes,
        check.per_tensor_activations,
        check.valid_quantization,
        svdf_quantization,
        svdf_bias_scale,
        svdf_features_fit,
    )

    rank: int
    variable: int
    state_shape: tuple[int, ...]
    state_dtype: str
    state_scale: float
    state_zero_point: int
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        state = inputs[4] if len(inputs) == 5 else None
        if state is None or state.is_constant or "variable" not in options:
            raise ValueError("the fifth input must be a variable tensor")
        quantization = state.quantization
        if quantization is None or (len(quantization.scales), len(quantization.zero_points)) != (
            1,
            1,
        ):
            raise ValueError(f"the state '{state.name}' must have one scale and zero point")
        return cls(
            rank=options["rank"],
            variable=options["variable"],
            state_shape=state.shape,
            state_dtype=state.dtype.value,
            state_scale=quantization.scale,
            state_zero_point=quantization.zero_point,
            activation=options["fused_activation_function"],
        )

    def to_options(self) -> Mapping[str, Any]:
        return {"rank": self.rank, "fused_activation_function": self.activation}

    def macs(self, operands: Operands) -> int:
        return operands.input(1).elements + operands.input(2).elements
