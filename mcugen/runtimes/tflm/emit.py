"""A model's library for TensorFlow Lite Micro: the C interface, the interpreter, the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mcugen.ir.graph import Graph
from mcugen.runtimes.interface import interface_files, interface_values, ports
from mcugen.runtimes.tflm.int4 import Int4, kernel_files
from mcugen.runtimes.tflm.libraries import RELEASE_DEFINES
from mcugen.runtimes.tflm.resolver import Registration
from mcugen.templating import render

STATUSES = (
    ("MODEL", "The model's array is damaged, or not aligned to 16 bytes."),
    ("OPERATOR", "An operator of the model is not registered."),
    ("LAYER", "A layer refused the model, or failed."),
)
"""What can go wrong beside what goes wrong with every runtime."""

INTERPRETER_WORDS = 64
REGISTRATION_WORDS = 9
"""What a context holds, in words of a pointer's size: a MicroInterpreter and what surrounds it, and
an operator in a MicroMutableOpResolver, with room for other versions of TFLM. The compiler checks
that both are enough."""

_BYTES_A_ROW = 24


@dataclass(frozen=True)
class Library:
    """What the files are made of.

    `int4` holds the model's bytes. `layer_bytes` are those of each layer's first output, 0 where
    the arena does not hold it; `layer_of` numbers the operators of the file's main subgraph.
    `folders` are the packs' libraries in mcugen's cache.
    """

    graph: Graph
    layer_count: int
    layer_bytes: tuple[int, ...]
    layer_of: tuple[int, ...]
    int4: Int4
    registrations: tuple[Registration, ...]
    variables: int
    folders: tuple[str, ...]
    arena_bytes: int


def emit_library(library: Library, prefix: str, model_sha256: str) -> dict[str, str | bytes]:
    """The library's files, relative path to content; the same arguments give the same bytes."""
    graph = library.graph
    values = interface_values(
        graph,
        prefix,
        model_sha256,
        library.arena_bytes,
        len(library.int4.model),
        library.layer_count,
    ) | {
        "instance_words": INTERPRETER_WORDS + REGISTRATION_WORDS * len(library.registrations),
        "places_are_fixed": False,
        "statuses": STATUSES,
        "inputs": ports(graph, graph.inputs),
        "outputs": ports(graph, graph.outputs),
        "registrations": [
            {"call": _call(r, library.int4.operators, prefix), "key": r.key, "header": r.header}
            for r in library.registrations
        ],
        "variables": library.variables,
        "layer_bytes": library.layer_bytes,
        "layer_of": list(_rows([str(i) for i in library.layer_of], 16)) or ["-1,"],
        "model_bytes": len(library.int4.model),
        "model_rows": list(_rows([str(b) for b in library.int4.model], _BYTES_A_ROW)),
        "folders": library.folders,
        "functions": sorted(
            {name for r in library.registrations for name in (r.default, r.function) if name}
        ),
        "release_defines": RELEASE_DEFINES,
        "int4": library.int4.operators,
        "mixed": library.int4.mixed,
        "own": {op: f"tflite::Register_{op}_INT8()" for op in library.int4.operators},
    }
    files: dict[str, str | bytes] = {
        **interface_files(prefix, values),
        f"src/{prefix}.cpp": render("tflm/model.cpp.j2", **values),
        f"src/{prefix}_model.h": render("tflm/array.h.j2", **values),
        f"src/{prefix}_model.c": render("tflm/array.c.j2", **values),
        "library.json": render("tflm/library.json.j2", **values),
        "packs.py": render("tflm/packs.py.j2", **values),
    }
    if library.int4.operators:
        files[f"src/{prefix}_int4.h"] = render("tflm/int4.h.j2", **values)
        files[f"src/{prefix}_int4.cpp"] = render("tflm/int4.cpp.j2", **values)
        kernels = kernel_files(library.int4.operators, prefix)
        files |= {f"src/{name}": text for name, text in kernels.items()}
    return files


def _call(registration: Registration, own: tuple[str, ...], prefix: str) -> str:
    """The call on the resolver, with a registration of the library's own where it has one."""
    if registration.operator not in own:
        return registration.call
    return f"{registration.method}({prefix}_register_{registration.operator.lower()}())"


def _rows(texts: list[str], count: int) -> Iterator[str]:
    for start in range(0, len(texts), count):
        yield ", ".join(texts[start : start + count]) + ","
