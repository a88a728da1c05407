"""State in TFLite files: how it starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Quantization

STATE_INPUTS = {"SVDF": 4}
"""Operators that keep state in a variable tensor among their inputs, and its position."""


def state_fill(
    shape: tuple[int, ...], dtype: DType, quantization: Quantization | None
) -> npt.NDArray[Any]:
    """How a variable tensor starts: at its zero point if it is int8, else at 0."""
    zero_point = quantization.zero_point if quantization and dtype is DType.INT8 else 0
    return np.full(shape, zero_point, dtype.numpy)
