"""TRANSPOSE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("TRANSPOSE")
def transpose(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The axes in the permutation's order."""
    data = values[0]
    assert data is not None
    return [np.ascontiguousarray(data.transpose(x.attributes.perm))]
