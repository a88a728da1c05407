"""What the operators with constant weights share: exact sums and their rescaling."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, requantize
from mcugen.ir.graph import Operands
from mcugen.ir.ops.weighted import bias_values, channel_multipliers
from mcugen.reference.registry import Values


def offset_values(x: Operands, values: Values) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The input less its zero point and the weights, in float64, which holds every sum exactly."""
    source, weights = values[:2]
    assert source is not None and weights is not None
    return source.astype(np.float64) - x.input().q.zero_point, weights.astype(np.float64)


def rescaled(x: Operands, total: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sums with the bias added, rescaled, offset and clamped, in the output's shape and type."""
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    scaled = requantize(total.astype(np.int64) + bias_values(x), *channel_multipliers(x))
    codes = np.clip(scaled + output.q.zero_point, low, high)
    return codes.reshape(output.shape).astype(output.dtype.numpy)
