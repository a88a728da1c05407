"""Stored bytes of constants as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType
from mcugen.tflite.file_model import FileTensor
from mcugen.tflite.flatbuffer import damaged
from mcugen.tflite.int4 import unpack_int4


def dtype_of(tensor: FileTensor) -> DType:
    """The graph's type; raises InputRejected for one that graphs do not hold."""
    try:
        return DType(tensor.kind.lower())
    except ValueError:
        raise InputRejected(
            f"{tensor.where}: {tensor.kind} elements are not supported",
            "the types are " + ", ".join(d.value for d in DType if d is not DType.RESOURCE),
        ) from None


def values_of(tensor: FileTensor) -> npt.NDArray[Any] | None:
    """A constant's values, read-only, in its shape; None for a tensor that is none."""
    dtype = dtype_of(tensor)
    if tensor.data is None:
        return None
    if dtype is DType.RESOURCE:
        raise damaged(tensor.where, "is the handle of a variable, and a constant")
    if dtype is DType.INT4:
        values: npt.NDArray[Any] = unpack_int4(tensor.data, int(np.prod(tensor.shape, dtype=int)))
    elif dtype is DType.BOOL:
        values = tensor.data != 0
    else:
        values = tensor.data.view(dtype.numpy.newbyteorder("<")).astype(dtype.numpy, copy=False)
    values = values.reshape(tensor.shape)
    values.flags.writeable = False
    return values
