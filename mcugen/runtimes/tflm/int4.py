"""Layers with 4-bit weights on mcugen's own kernels, behind registrations of their own.

The kernels take weights packed beforehand. These go into the model's file in place of the file's
own, so that they are in flash once; their tensors stay INT4, which is how the registrations tell
them from 8-bit ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.ir.graph import DType, Graph, Operands
from mcugen.ir.ops.weighted import bias_values, channel_multipliers
from mcugen.runtimes.aot.emit import KERNELS
from mcugen.runtimes.aot.lower.int4 import eights, nibbles, sums_overflow
from mcugen.runtimes.aot.lower.pairs import channel_rows
from mcugen.tflite.replace import buffer_of, with_buffers

SOURCES = {
    "CONV_2D": "cni4_convolve_w4a8",
    "DEPTHWISE_CONV_2D": "cni4_depthwise_conv_w4a8",
    "FULLY_CONNECTED": "cni4_fully_connected_w4a8",
}
"""What computes an operator, in mcugen/cmsis_nn_int4."""

BIAS_LIMIT = 1 << 28
SHIFTS = range(-31, 31)
_INCLUDE = re.compile(r'#include "((?:mcugen|cni4|cmsis_nn_int4)\w*)\.h"')
_LOWER = re.compile(r"\b(?=mcugen_|cni4_|cmsis_nn_int4)(?:mcugen_)?")
_UPPER = re.compile(r"\b(?=MCUGEN_|CNI4_|CMSIS_NN_INT4)(?:MCUGEN_)?")
"""Where a model's prefix goes, in place of ours if that is there."""


@dataclass(frozen=True)
class Int4:
    """`model` with packed weights; `operators` are those that the kernels compute, `mixed` whether
    layers of the same operators have 8-bit weights."""

    model: bytes
    operators: tuple[str, ...] = ()
    mixed: bool = False

    def kernel(self, x: Operands) -> str | None:
        """What computes a layer of these, None for all others."""
        return (
            SOURCES[x.operator.name] if x.operator.name in self.operators and _is_int4(x) else None
        )


def with_own_kernels(model: bytes, graph: Graph) -> Int4:
    """Gives the kernels every operator of which they can compute all layers with 4-bit weights."""
    buffers = buffer_of(model)
    layers = [x for x in graph if x.operator.name in SOURCES and _is_int4(x)]
    refused = {x.operator.name for x in layers if not _serves(x, buffers)}
    taken = [x for x in layers if x.operator.name not in refused]
    if not taken:
        return Int4(model)
    operators = tuple(dict.fromkeys(x.operator.name for x in taken))
    mixed = any(x.operator.name in operators and not _is_int4(x) for x in graph)
    packed = {buffers[x.input(1).source_index]: _packed(x) for x in taken}
    return Int4(with_buffers(model, packed), operators, mixed)


def kernel_files(operators: Iterable[str], prefix: str) -> dict[str, str]:
    """The kernels' sources and headers under the model's prefix, file name to text."""
    wanted = [f"{SOURCES[name]}.c" for name in operators]
    files: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        path = _find(name)
        if path is None or name in files:
            continue
        files[name] = path.read_text(encoding="utf-8")
        for include in _INCLUDE.findall(files[name]):
            wanted += [f"{include}.h", f"{include}.c"]
    return {_renamed(n, prefix): _renamed(text, prefix) for n, text in sorted(files.items())}


def _find(name: str) -> Path | None:
    places = [folder / kind / name for folder in KERNELS for kind in ("src", "include")]
    return next((place for place in places if place.is_file()), None)


def _renamed(text: str, prefix: str) -> str:
    return _UPPER.sub(f"{prefix.upper()}_", _LOWER.sub(f"{prefix}_", text))


def _is_int4(x: Operands) -> bool:
    weights = x.optional_input(1)
    return weights is not None and weights.is_constant and weights.dtype is DType.INT4


def _serves(x: Operands, buffers: Mapping[int, int]) -> bool:
    """Whether the kernels compute the layer, as their header states their limits."""
    if x.operator.source_index < 0 or x.input(1).source_index not in buffers:
        return False
    if any(constraint(x) is not None for constraint in x.operator.attributes.constraints):
        return False
    multipliers, shifts = channel_multipliers(x)
    shifts_fit = bool(np.isin(shifts, SHIFTS).all())
    bias_fits = bool((abs(bias_values(x)) <= BIAS_LIMIT).all())
    if x.operator.name == "DEPTHWISE_CONV_2D":
        return shifts_fit and bias_fits
    one_scale = x.operator.name == "CONV_2D" or len(set(zip(multipliers, shifts, strict=True))) == 1
    whole = x.operator.name != "CONV_2D" or x.input().shape[-1] == x.input(1).shape[-1]
    return shifts_fit and bias_fits and one_scale and whole and sums_overflow(x) is None


def _packed(x: Operands) -> bytes:
    """The weights in the layouts of mcugen/cmsis_nn_int4/include/cmsis_nn_int4.h."""
    weights = x.input(1).data
    assert weights is not None
    if x.operator.name == "DEPTHWISE_CONV_2D":
        words: bytes = eights(weights).astype("<u4").tobytes()
        return words
    rows = channel_rows(x)
    sums = rows.sum(axis=1).astype("<i4")
    words = nibbles(rows).astype("<u4").tobytes()
    return words + bytes(sums.tobytes())
