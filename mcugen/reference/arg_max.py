"""ARG_MAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.reference.registry import Values, reference


@reference("ARG_MAX")
def arg_max(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    codes = values[0]
    assert codes is not None
    return [np.asarray(codes.argmax(axis=x.attributes.axis), np.int32)]
