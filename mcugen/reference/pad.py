"""PAD and PADV2."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("PAD", "PADV2")
def pad(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The input inside a border of the pad value."""
    data, output = values[0], x.output()
    assert data is not None
    result = np.full(output.shape, x.attributes.value_for(output), output.dtype.numpy)
    inside = tuple(
        slice(before, before + size)
        for (before, _), size in zip(x.attributes.paddings, data.shape, strict=True)
    )
    result[inside] = data
    return [result]
