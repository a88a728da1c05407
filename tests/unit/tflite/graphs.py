"""Whether two graphs are the same, and what tests of reader and writer share."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.ir.graph import Graph


def same_array(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and bool(np.array_equal(a, b))


def assert_same(a: Graph, b: Graph) -> None:
    """All but names of the model and places in the file."""
    assert (a.inputs, a.outputs, a.description) == (b.inputs, b.outputs, b.description)
    for t, u in zip(a.tensors, b.tensors, strict=True):
        assert (t.name, t.shape, t.dtype, t.quantization) == (
            u.name,
            u.shape,
            u.dtype,
            u.quantization,
        )
        assert same_array(t.data, u.data), t.name
    for o, p in zip(a.operators, b.operators, strict=True):
        assert (o.attributes, o.inputs, o.outputs) == (p.attributes, p.inputs, p.outputs)
    for v, w in zip(a.variables, b.variables, strict=True):
        assert (v.name, v.shape, v.dtype, v.quantization) == (
            w.name,
            w.shape,
            w.dtype,
            w.quantization,
        )
        assert same_array(v.initial, w.initial), v.name
