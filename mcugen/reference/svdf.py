"""SVDF."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import quantize_multiplier, requantize
from mcugen.ir.graph import Operands
from mcugen.ir.ops.svdf import effective_scales
from mcugen.reference.registry import Values, reference


@reference("SVDF")
def svdf(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """The output and the state's new value; the state's old value is the last of `values`."""
    source, feature, time, bias, state = (_wide(value) for value in values)
    to_state, to_output = (quantize_multiplier(scale) for scale in effective_scales(x))
    zero_point, kind = x.attributes.state_zero_point, np.dtype(x.attributes.state_dtype)
    features = requantize((source - x.input().q.zero_point) @ feature.T, *to_state)
    limits = np.iinfo(kind)
    memory = np.roll(state.reshape(time.shape), -1, axis=1)
    # As in TFLM, the zero point is added to what was clamped, and wraps.
    newest = np.clip(features[0], limits.min, limits.max) + zero_point
    memory[:, -1] = newest.astype(kind)
    products = ((memory - zero_point) * time).sum(axis=1).reshape(-1, x.attributes.rank)
    # TFLM's sum is an int32, which with int16 operands may wrap.
    total = (products.sum(axis=1) + bias).astype(np.int32).astype(np.int64)
    codes = requantize(total, *to_output) + x.output().q.zero_point
    output = np.clip(codes, -128, 127).astype(np.int8).reshape(x.output().shape)
    return [output, memory.astype(kind).reshape(x.attributes.state_shape)]


def _wide(value: npt.NDArray[Any] | None) -> npt.NDArray[np.int64]:
    assert value is not None
    return value.astype(np.int64)
