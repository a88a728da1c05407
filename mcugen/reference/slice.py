"""SLICE and STRIDED_SLICE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("SLICE", "STRIDED_SLICE")
def take_slices(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The elements that the extents name, axis by axis."""
    data = values[0]
    assert data is not None
    for axis, extent in enumerate(x.attributes.extents(data.shape)):
        positions = extent.start + extent.stride * np.arange(extent.size)
        data = np.take(data, positions, axis)
    return [data.reshape(x.output().shape)]
