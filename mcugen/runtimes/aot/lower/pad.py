"""PAD and PADV2: the whole output filled, then the input copied into the middle."""

from __future__ import annotations

import numpy as np

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import (
    Dim,
    element_bytes,
    fill,
    row_major_strides,
    same_bytes,
    strided_copy,
)
from mcugen.runtimes.aot.program import Alias, Step, View, input_view, lowering, output_view


@lowering("PAD", "PADV2")
def pad(x: Operands) -> list[Step] | Alias:
    source, target = x.input(), x.output()
    if source.shape == target.shape:
        return same_bytes(x)
    size = element_bytes(source)
    output_strides = row_major_strides(target.shape, size)
    dims = [
        Dim(*d)
        for d in zip(
            source.shape, row_major_strides(source.shape, size), output_strides, strict=True
        )
    ]
    first = sum(
        before * stride
        for (before, _), stride in zip(x.attributes.paddings, output_strides, strict=True)
    )
    value = np.asarray(x.attributes.value_for(target), target.dtype.numpy).reshape(1)
    return [
        fill(output_view(x), target.elements, value, "pad value"),
        strided_copy(input_view(x), View(x.operator.outputs[0], first), dims, size),
    ]
