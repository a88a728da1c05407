"""SOFTMAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import rounding_divide_by_pot, saturating_doubling_high_mul
from mcugen.ir.gemmlowp import one_over_one_plus_x
from mcugen.ir.graph import Operands
from mcugen.ir.tables import softmax_exponentials
from mcugen.reference.registry import Values, reference

_SUM_INTEGER_BITS = 12


@reference("SOFTMAX")
def softmax(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """Exponentials by table, their sum in Q12.19, its reciprocal by Newton-Raphson.

    Where the sum is 512 or more, TFLM aborts; here, every result rounds to 0.
    """
    codes = values[0]
    assert codes is not None
    wide = codes.astype(np.int64)
    differences = wide.max(axis=-1, keepdims=True) - wide
    table = softmax_exponentials(x.input().q.scale, x.attributes.beta).astype(np.int64)
    exponentials = np.append(table, np.zeros(256 - table.size, np.int64))[differences]
    total = rounding_divide_by_pot(exponentials, _SUM_INTEGER_BITS).sum(axis=-1, keepdims=True)
    # total = 2^k * (1 + fraction), k >= 0
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
    reciprocal = one_over_one_plus_x((total << headroom) - (1 << 31))
    exponent = _SUM_INTEGER_BITS - headroom + 31 - 8
    results = rounding_divide_by_pot(
        saturating_doubling_high_mul(reciprocal, exponentials), exponent
    )
    return [(np.minimum(results, 255) - 128).astype(np.int8)]
