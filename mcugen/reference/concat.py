"""CONCATENATION and PACK."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("CONCATENATION")
def concatenation(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The inputs joined along the axis."""
    return [np.concatenate([v for v in values if v is not None], axis=x.attributes.axis)]


@reference("PACK")
def pack(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The inputs stacked along a new axis."""
    return [np.stack([v for v in values if v is not None], axis=x.attributes.axis)]
