"""SPLIT, SPLIT_V and UNPACK."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("SPLIT", "SPLIT_V")
def split(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Consecutive parts along the axis, as long as the outputs are."""
    data = values[1 if x.operator.name == "SPLIT" else 0]
    assert data is not None
    axis = x.attributes.axis
    ends = np.cumsum([x.output(i).shape[axis] for i in range(len(x.outputs))])
    return np.split(data, ends[:-1].tolist(), axis)


@reference("UNPACK")
def unpack(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The slices along the axis, without it."""
    data = values[0]
    assert data is not None
    return [np.take(data, i, x.attributes.axis) for i in range(x.attributes.num)]
