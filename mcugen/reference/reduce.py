"""MEAN."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import requantize
from mcugen.ir.graph import Operands
from mcugen.ir.ops.reduce import mean_multiplier
from mcugen.reference.registry import Values, reference


@reference("MEAN")
def mean(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Sum over the axes less its zero points, rescaled by scales and number at once."""
    source, output = values[0], x.output()
    assert source is not None
    total = (source.astype(np.int64) - x.input().q.zero_point).sum(axis=x.attributes.axes)
    codes = requantize(total, *mean_multiplier(x)) + output.q.zero_point
    info = np.iinfo(output.dtype.numpy)
    return [np.clip(codes, info.min, info.max).reshape(output.shape).astype(output.dtype.numpy)]
