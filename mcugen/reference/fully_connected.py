"""FULLY_CONNECTED."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference
from mcugen.reference.weighted import offset_values, rescaled


@reference("FULLY_CONNECTED")
def fully_connected(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Every row of the input times the transposed weights."""
    source, weights = offset_values(x, values)
    return [rescaled(x, source.reshape(-1, weights.shape[1]) @ weights.T)]
