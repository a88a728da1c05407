"""Verifies the tensors of a file: shapes, constants and quantization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import Quantization
from mcugen.tflite.file_model import FileTensor, Notes, quoted
from mcugen.tflite.flatbuffer import MAX_FILE_BYTES, TOO_LARGE_HINT, Record, damaged
from mcugen.tflite.schema import schema

MAX_RANK = 8
MAX_TENSOR_BYTES = (1 << 31) - 1
MAX_QUANTIZATION_VALUES = 1 << 22
MAX_CONSTANT_BYTES = 2 * MAX_FILE_BYTES
"""All constants together; tensors that share a buffer count each."""

ELEMENT_BITS = {
    **{"FLOAT32": 32, "FLOAT16": 16, "BFLOAT16": 16, "FLOAT64": 64},
    **{"FLOAT8_E4M3FN": 8, "FLOAT8_E5M2": 8, "COMPLEX64": 64, "COMPLEX128": 128},
    **{"INT2": 2, "INT4": 4, "INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64},
    **{"UINT4": 4, "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64, "BOOL": 8},
}
"""Stored bits of an element; types that are not here have no fixed size."""

CODE_RANGES = {
    "INT4": (-8, 7),
    "INT8": (-128, 127),
    "UINT8": (0, 255),
    "INT16": (-32768, 32767),
}
"""Types whose values are codes, so that their quantization must be sound, and their range."""

DYNAMIC_HINT = (
    "give the model a fixed input shape before converting it, for example "
    "tf.keras.Input(shape=..., batch_size=1)"
)
QUANTIZATION_HINT = "convert the model again with a current converter"


@dataclass
class TensorVerifier:
    """Verifies one tensor after another; `buffers` are the file's, verified."""

    buffers: Sequence[npt.NDArray[np.uint8]]
    notes: Notes
    quantization_values: int = 0
    constant_bytes: int = 0

    def tensor(self, record: Record, where: str) -> FileTensor:
        name = record["name"] or ""
        where = f"{where} {quoted(name)}" if name else where
        kind = schema().names["TensorType"].get(record["type"])
        if kind is None:
            raise damaged(where, f"has the unknown type {record['type']}")
        shape = _shape(record, where)
        if "sparsity" in record:
            raise InputRejected(f"{where}: is sparse", "convert the model without sparsity")
        if record["external_buffer"] != 0:
            raise InputRejected(
                f"{where}: its values are in another file", "convert the model to a single file"
            )
        data = self.constant(record["buffer"], kind, shape, where)
        if data is not None and record["is_variable"]:
            raise damaged(where, "is both a constant and a variable")
        return FileTensor(
            name=name,
            shape=shape,
            kind=kind,
            quantization=self.quantization(record["quantization"], kind, shape, where),
            data=data,
            is_variable=bool(record["is_variable"]),
            where=where,
        )

    def constant(
        self, buffer: int, kind: str, shape: tuple[int, ...], where: str
    ) -> npt.NDArray[np.uint8] | None:
        """The stored bytes, None for a tensor without; they must be what the shape takes."""
        if buffer >= len(self.buffers):
            raise damaged(where, f"buffer {buffer} of {len(self.buffers)}")
        elements, bits = math.prod(shape), ELEMENT_BITS.get(kind)
        size = (elements * (bits or 8) + 7) // 8
        # Zeros do not excuse the other dimensions: numpy multiplies those, too.
        if math.prod(max(n, 1) for n in shape) * (bits or 8) > 8 * MAX_TENSOR_BYTES:
            raise InputRejected(f"{where}: shape {list(shape)} is too large", TOO_LARGE_HINT)
        data = self.buffers[buffer]
        if data.size == 0:
            return None
        if bits is not None and data.size != size:
            raise damaged(
                where,
                f"shape {list(shape)} of {kind} takes {size} bytes, "
                f"buffer {buffer} holds {data.size}",
            )
        self.constant_bytes += max(data.size, elements)
        if self.constant_bytes > MAX_CONSTANT_BYTES:
            raise InputRejected(f"{where}: too many constants", TOO_LARGE_HINT)
        return data

    def quantization(
        self, record: Record | None, kind: str, shape: tuple[int, ...], where: str
    ) -> Quantization | None:
        """Scales and zero points; None if there are none, or unsound ones that nothing reads."""
        if record is None:
            return None
        scales, zero_points = record.array("scale"), record.array("zero_point")
        details = record["details_type"]
        if details == 0 and scales.size == zero_points.size == 0:
            return None
        self.quantization_values += scales.size + zero_points.size
        if self.quantization_values > MAX_QUANTIZATION_VALUES:
            raise InputRejected(f"{where}: too many quantization values", TOO_LARGE_HINT)
        axis, rank = int(record["quantized_dimension"]), len(shape)
        if not 0 <= axis < max(rank, 1):
            if rank == 1 or scales.size == 1:
                self.notes.add(
                    f"has a quantized_dimension of {axis}, which it lacks; 0 is meant", where
                )
            axis = 0 if rank == 1 or scales.size == 1 else -1
        if details != 0:
            kinds = schema().names["QuantizationDetails"]
            fault = f"its quantization is of kind {kinds.get(details, details)}"
        else:
            fault = _fault(scales, zero_points, axis, shape, CODE_RANGES.get(kind))
        if not fault:
            values = tuple(scales.astype(np.float64).tolist())
            return Quantization(values, tuple(zero_points.tolist()), axis)
        if kind in CODE_RANGES:
            raise InputRejected(f"{where}: {fault}", QUANTIZATION_HINT)
        self.notes.add(f"is {kind}, its quantization is ignored: {fault}", where)
        return None


def _fault(
    scales: npt.NDArray[Any],
    zero_points: npt.NDArray[Any],
    axis: int,
    shape: tuple[int, ...],
    code_range: tuple[int, int] | None,
) -> str:
    """What is wrong with a quantization, empty if nothing is; `axis` is -1 if out of range."""
    if scales.size == 0 or scales.size != zero_points.size:
        return f"{scales.size} scales and {zero_points.size} zero points"
    if scales.size > 1:
        channels = shape[axis] if shape and axis >= 0 else None
        if channels is None:
            return f"its quantized_dimension is not one of the dimensions {list(shape)}"
        if channels != scales.size:
            return f"{scales.size} scales for {channels} channels"
    if not np.isfinite(scales).all() or not (scales > 0).all():
        return "a scale is not a positive number"
    lowest, highest = code_range or (-(1 << 31), (1 << 31) - 1)
    if zero_points.min() < lowest or zero_points.max() > highest:
        return f"a zero point is not in {lowest} … {highest}"
    return ""


def _shape(record: Record, where: str) -> tuple[int, ...]:
    dims = record.array("shape")
    if dims.size > MAX_RANK:
        raise InputRejected(f"{where}: has {dims.size} dimensions", f"at most {MAX_RANK} can be")
    shape = tuple(dims.tolist())
    if any(n == -1 for n in shape):
        raise InputRejected(f"{where}: has the dynamic shape {list(shape)}", DYNAMIC_HINT)
    if any(n < 0 for n in shape):
        raise damaged(where, f"has the shape {list(shape)}")
    return shape
