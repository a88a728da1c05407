"""The C interface that every runtime's library has: header, arena, real values to codes and back.

Firmware that uses a model's header compiles with either runtime behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcugen.ir.graph import DType, Graph
from mcugen.templating import render

API_VERSION = 1
ARENA_ALIGNMENT_BYTES = 16

C_TYPES = {
    DType.INT8: "int8_t",
    DType.UINT8: "uint8_t",
    DType.INT16: "int16_t",
    DType.INT32: "int32_t",
    DType.INT64: "int64_t",
    DType.FLOAT32: "float",
    DType.BOOL: "uint8_t",
}


@dataclass(frozen=True)
class Port:
    """An input or output of the model as the header shows it.

    `expression` is the C expression of its address, where a runtime knows it beforehand.
    """

    index: int
    name: str
    ctype: str
    shape: tuple[int, ...]
    elements: int
    size_bytes: int
    scale: float
    zero_point: int
    quantized: bool
    expression: str


def ports(
    graph: Graph, tensors: tuple[int, ...], expression: Callable[[int, int], str] = lambda i, t: ""
) -> list[Port]:
    """The graph's inputs or outputs; `expression` is asked with each one's position and tensor."""
    found = []
    for i, t in enumerate(tensors):
        tensor = graph.tensors[t]
        q = tensor.quantization
        if tensor.dtype not in (DType.INT8, DType.UINT8) or (q is not None and q.is_per_channel):
            q = None
        found.append(
            Port(
                i,
                tensor.name,
                C_TYPES[tensor.dtype],
                tensor.shape,
                tensor.elements,
                tensor.size_bytes,
                1.0 if q is None else q.scale,
                0 if q is None else q.zero_point,
                q is not None,
                expression(i, t),
            )
        )
    return found


def interface_files(prefix: str, values: dict[str, Any]) -> dict[str, str]:
    """The files of a library that are the same for every runtime, relative path to text.

    `values` are those of `interface_values`, with the runtime's own beside them.
    """
    return {
        f"include/{prefix}.h": render("api/model.h.j2", **values),
        f"src/{prefix}_arena.c": render("api/arena.c.j2", **values),
        f"src/{prefix}_quantize.c": render("api/quantize.c.j2", **values),
    }


def interface_values(
    graph: Graph,
    prefix: str,
    model_sha256: str,
    arena_bytes: int,
    constants_bytes: int,
    layers: int,
) -> dict[str, Any]:
    """What the templates of the interface ask for, but for the ports."""
    return {
        "prefix": prefix,
        "PREFIX": prefix.upper(),
        "model_name": graph.name,
        "model_sha256": model_sha256,
        "api_version": API_VERSION,
        "arena_bytes": max(arena_bytes, 1),
        "arena_alignment": ARENA_ALIGNMENT_BYTES,
        "macs": graph.macs,
        "constants_bytes": constants_bytes,
        "layer_count": layers,
    }
