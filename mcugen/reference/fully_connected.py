"""FULLY_CONNECTED."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference
from mcugen.reference.weighted import offset_values, rescaled


@reference("FULLY_CONNECTED")
def fully_connected(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Every row of the input times the transposed weights."""
    return [rescaled(x, row_sums(x, *offset_values(x, values)))]


def row_sums(
    _: Operands, source: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """The output, a row a line, before bias and rescaling; the source is less its zero point."""
    total: npt.NDArray[np.float64] = source.reshape(-1, weights.shape[1]) @ weights.T
    return total
