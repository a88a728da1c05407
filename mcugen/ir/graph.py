"""Graph, tensors and quantization. Everything is frozen; a rewrite makes a new `Graph`."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.ops.base import Attributes


class DType(enum.Enum):
    """Element types that a graph may hold; the value is the name that users read."""

    INT4 = "int4"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    BOOL = "bool"
    RESOURCE = "resource"

    @property
    def bits(self) -> int:
        """Bits of one stored element; 0 for a resource handle."""
        return _BITS[self]

    @property
    def numpy(self) -> np.dtype[Any]:
        """The numpy type that holds one element; int4 values ride in int8."""
        return np.dtype({"int4": "int8", "resource": "int32"}.get(self.value, self.value))


_BITS = {
    DType.INT4: 4,
    DType.INT8: 8,
    DType.UINT8: 8,
    DType.INT16: 16,
    DType.INT32: 32,
    DType.INT64: 64,
    DType.FLOAT32: 32,
    DType.BOOL: 8,
    DType.RESOURCE: 0,
}


@dataclass(frozen=True)
class Quantization:
    """Affine quantization: real = scale * (q - zero_point), per tensor or along `axis`.

    `scales` holds the float32 values of the file, widened to Python floats.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantization."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantization."""
        return self.zero_points[0]

    @property
    def is_per_channel(self) -> bool:
        return len(self.scales) > 1


@dataclass(frozen=True, eq=False)
class Tensor:
    """One value of the graph.

    `data` is set on constants only: a read-only array of `shape`, int4 widened to int8.
    `source_index` is the tensor's place in the file, -1 for one that a pass made.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: npt.NDArray[Any] | None = None
    source_index: int = -1

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes in memory.

        Four-bit constants are packed two to a byte throughout, as in the file; four-bit activations
        row by row, so that each row, a pixel's channels, begins on a byte.
        """
        if self.dtype is DType.INT4 and not self.is_constant and self.shape:
            return math.prod(self.shape[:-1]) * ((self.shape[-1] + 1) // 2)
        return (self.elements * self.dtype.bits + 7) // 8

    @property
    def q(self) -> Quantization:
        """The quantization of a tensor whose constraints demand one."""
        assert self.quantization is not None, self.name
        return self.quantization


@dataclass(frozen=True)
class Operator:
    """One operation. `inputs` and `outputs` index `Graph.tensors`; -1 is an absent optional input.

    `source_index` is the operator's place in the file's main subgraph.
    """

    attributes: Attributes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    source_index: int = -1

    @property
    def name(self) -> str:
        """The TFLite name, for example CONV_2D."""
        return self.attributes.op


@dataclass(frozen=True, eq=False)
class Variable:
    """State that lives across invocations (TFLite's resource variables).

    `shape`, `dtype` and `quantization` are those of the values assigned to it; `initial` is what
    initialisation stores, None for zero bytes. READ_VARIABLE and ASSIGN_VARIABLE name it by index.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None
    initial: npt.NDArray[Any] | None

    @property
    def size_bytes(self) -> int:
        """Bytes in memory."""
        return (math.prod(self.shape) * self.dtype.bits + 7) // 8


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole model, operators in execution order."""

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    variables: tuple[Variable, ...] = ()
    description: str = ""

    def tensors_of(self, indices: tuple[int, ...]) -> tuple[Tensor | None, ...]:
        """The tensors at `indices`, None where an optional one is absent."""
        return tuple(self.tensors[i] if i >= 0 else None for i in indices)

    def operands(self, operator: Operator) -> Operands:
        """The operator's tensors."""
        return Operands(
            operator, self.tensors_of(operator.inputs), self.tensors_of(operator.outputs)
        )

    def producers(self) -> dict[int, int]:
        """Tensor index → index of the operator that writes it."""
        return {t: i for i, o in enumerate(self.operators) for t in o.outputs if t >= 0}

    def consumers(self) -> dict[int, list[int]]:
        """Tensor index → indices of the operators that read it, in order."""
        result: dict[int, list[int]] = {}
        for i, operator in enumerate(self.operators):
            for t in operator.inputs:
                if t >= 0:
                    result.setdefault(t, []).append(i)
        return result

    def __iter__(self) -> Iterator[Operands]:
        return (self.operands(operator) for operator in self.operators)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference; padding positions count."""
        return sum(x.macs for x in self)


@dataclass(frozen=True, eq=False)
class Operands:
    """An operator with its tensors at hand: what constraints, lowering and reference work on."""

    operator: Operator
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor | None, ...]

    def input(self, position: int = 0) -> Tensor:
        """The input at `position`; it must be present."""
        tensor = self.inputs[position]
        assert tensor is not None
        return tensor

    def optional_input(self, position: int) -> Tensor | None:
        """The input at `position`, None if it is absent or the list is shorter."""
        return self.inputs[position] if position < len(self.inputs) else None

    def output(self, position: int = 0) -> Tensor:
        tensor = self.outputs[position]
        assert tensor is not None
        return tensor

    @property
    def attributes(self) -> Any:
        """The attributes; typed by the caller, who knows the family."""
        return self.operator.attributes

    @property
    def macs(self) -> int:
        """Multiply-accumulates of this operator; padding positions count."""
        return self.operator.attributes.macs(self)
