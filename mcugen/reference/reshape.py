"""RESHAPE, SQUEEZE, EXPAND_DIMS and SHAPE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
def reshape(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The same elements in the output's shape."""
    data = values[0]
    assert data is not None
    return [data.reshape(x.output().shape)]


@reference("SHAPE")
def shape(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The input's shape as a vector."""
    return [np.asarray(x.input().shape, np.int32)]
