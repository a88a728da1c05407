"""The program as a C library: constants, the list of kernel calls, the public API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.runtimes.aot.loops import Call, Loop, Place, loops
from mcugen.runtimes.aot.lowered import SHARED, Layer, Program, initial_array
from mcugen.runtimes.aot.program import Constant, Field, Operand, Scratch, State, Step
from mcugen.runtimes.interface import Port, interface_files, interface_values, ports
from mcugen.templating import c_float, render

_PACKAGE = Path(__file__).parents[2]
KERNELS = (_PACKAGE / "kernels", _PACKAGE / "cmsis_nn_int4")
"""Folders with the kernels' src and include."""

_NUMPY_TYPES = {"float32": "float", "bool": "uint8_t"}
# The most negative integers have no literal in C: the minus applies to one that is too large.
_LEAST = {"int32": (-(1 << 31), "INT32_MIN"), "int64": (-(1 << 63), "INT64_MIN")}


@dataclass(frozen=True)
class Array:
    """One constant as C text."""

    name: str
    ctype: str
    elements: int
    comment: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class LayerText:
    """A layer's heading and its calls; `loops` has the same calls as the program makes them."""

    index: int
    heading: str
    name: str
    calls: tuple[Call, ...]
    loops: tuple[Loop, ...]
    output_offset_bytes: int
    output_bytes: int


class _Constants:
    """Names for arrays; equal arrays share one."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[tuple[str, bytes], str] = {}
        self.arrays: list[Array] = []

    def name(self, constant: Constant, hint: str) -> str:
        data = np.ascontiguousarray(constant.data)
        key = (data.dtype.str, data.tobytes())
        if key not in self._names:
            self._names[key] = f"{self._prefix}_{hint}"
            self.arrays.append(_array(self._names[key], data, constant.comment))
        return self._names[key]


def emit_library(program: Program, prefix: str, model_sha256: str) -> dict[str, str]:
    """The library's files, relative path to text.

    `prefix` is a C identifier in lower case. The same arguments give the same bytes.
    """
    constants = _Constants(prefix)
    layers = _share_params(
        _layer(program, i, layer, constants) for i, layer in enumerate(program.layers)
    )
    kernels = _kernel_closure(step for layer in program.layers for step in layer.steps)
    graph, count = program.graph, len(layers)
    values: dict[str, Any] = {
        **interface_values(
            graph, prefix, model_sha256, program.arena_bytes, program.constants_bytes, count
        ),
        "instance_words": 0,
        "places_are_fixed": True,
        "statuses": (),
        "inputs": _ports(program, graph.inputs, constants),
        "outputs": _ports(program, graph.outputs, constants),
        "variables": _variables(program, constants),
        "layers": layers,
        "headers": sorted(["constants", *kernels]),
        "arrays": constants.arrays,
        "needs_math": _need_math(constants.arrays),
    }
    files = {
        **interface_files(prefix, values),
        f"src/{prefix}.c": render("aot/model.c.j2", **values),
        f"src/{prefix}_constants.h": render("aot/constants.h.j2", **values),
        f"src/{prefix}_constants.c": render("aot/constants.c.j2", **values),
        "library.json": render("aot/library.json.j2", **values),
    }
    for path, text in _kernel_files(kernels).items():
        files[f"src/{_renamed(path, prefix)}"] = _renamed(text, prefix)
    return files


def _renamed(text: str, prefix: str) -> str:
    text = re.sub(r"\bmcugen_", f"{prefix}_", text)
    return re.sub(r"\bMCUGEN_", f"{prefix.upper()}_", text)


def _kernel_closure(steps: Iterable[Step]) -> list[str]:
    names = {name for step in steps for name in (step.kernel, *step.sources)}
    return sorted(names)


def _kernel_files(kernels: list[str]) -> dict[str, str]:
    """The kernels' sources, every header that they include and those headers' own sources."""
    files: dict[str, str] = {}
    wanted = [f"mcugen_{kernel}.c" for kernel in kernels]
    while wanted:
        name = wanted.pop()
        if name in files:
            continue
        path = kernel_file(name)
        assert path is not None, name
        files[name] = path.read_text()
        for header in re.findall(r'#include "(mcugen_\w+)\.h"', files[name]):
            wanted.append(f"{header}.h")
            if kernel_file(f"{header}.c"):
                wanted.append(f"{header}.c")
    return dict(sorted(files.items()))


def kernel_file(name: str) -> Path | None:
    """Where the kernel header or source of this name is, None if there is none."""
    folder = "src" if name.endswith(".c") else "include"
    paths = (kernels / folder / name for kernels in KERNELS)
    return next((path for path in paths if path.is_file()), None)


def _array(name: str, data: npt.NDArray[Any], comment: str) -> Array:
    flat = data.reshape(-1)
    kind = data.dtype.name
    ctype = _NUMPY_TYPES.get(kind, f"{kind}_t")
    if kind == "float32":
        texts = [c_float(float(v)) for v in flat]
    else:
        texts = [_integer(int(v), kind) for v in flat.tolist()]
    return Array(name, ctype, len(texts), comment, tuple(_wrap(texts)))


def _need_math(arrays: Iterable[Array]) -> bool:
    floats = (row for array in arrays if array.ctype == "float" for row in array.rows)
    return any(text in row for row in floats for text in ("INFINITY", "NAN"))


def _integer(value: int, kind: str) -> str:
    if kind in _LEAST and value == _LEAST[kind][0]:
        return _LEAST[kind][1]
    return f"INT64_C({value})" if kind == "int64" else str(value)


def _wrap(texts: list[str], width: int = 94) -> Iterator[str]:
    line = ""
    for text in texts:
        if line and len(line) + len(text) + 2 > width:
            yield line
            line = ""
        line += ("" if not line else " ") + text + ","
    if line:
        yield line


def _layer(program: Program, index: int, layer: Layer, constants: _Constants) -> LayerText:
    x = layer.operands
    shapes = [
        f"[{','.join(map(str, t.shape))}]" for t in (*x.inputs[:1], *x.outputs[:1]) if t is not None
    ]
    macs = f", {x.macs:,} MACs" if x.macs else ""
    outputs = [t for t in x.operator.outputs if t in program.offsets]
    return LayerText(
        index=index,
        heading=f"Layer {index}: {x.operator.name} {' -> '.join(shapes)}{macs}",
        name=x.output().name if x.outputs else "",
        calls=tuple(
            _call(program, index, j, step, constants, alone=len(layer.steps) == 1)
            for j, step in enumerate(layer.steps)
        ),
        loops=(),
        output_offset_bytes=program.offsets[outputs[0]] if outputs else 0,
        output_bytes=x.output().size_bytes if outputs else 0,
    )


def _share_params(layers: Iterable[LayerText]) -> tuple[LayerText, ...]:
    """The layers, each call that has the parameters of an earlier one taking that one's struct."""
    names: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}

    def shared(call: Call) -> Call:
        name = names.setdefault((call.kernel, call.members), call.params)
        if name == call.params:
            return call
        return Call(call.kernel, name, (), (f"&{name}", *call.arguments[1:]))

    shared_layers = (replace(layer, calls=tuple(map(shared, layer.calls))) for layer in layers)
    return tuple(replace(layer, loops=loops(layer.calls)) for layer in shared_layers)


def _call(
    program: Program, layer: int, index: int, step: Step, constants: _Constants, alone: bool
) -> Call:
    name = f"layer{layer}" if alone else f"layer{layer}_{index}"

    def member(field: str, value: Field) -> str:
        if isinstance(value, Constant):
            return constants.name(value, f"{name}_{field.rpartition('.')[2]}")
        if value is None:
            return "NULL"
        if isinstance(value, tuple):
            return "{" + ", ".join(map(str, value)) + "}"
        if isinstance(value, float):
            return c_float(value)
        return _integer(int(value), "int32")

    def argument(position: int, operand: Operand) -> str | Place:
        if isinstance(operand, State):
            return Place(program.state_offsets[operand.variable])
        if isinstance(operand, Scratch):
            return Place(program.scratch_offsets[layer, SHARED] + operand.offset_bytes)
        tensor = program.graph.tensors[operand.tensor]
        if tensor.data is not None:
            array = constants.name(Constant(tensor.data, tensor.name), f"{name}_input{position}")
            start = f"(const uint8_t *){array} + {operand.offset_bytes}"
            return f"(const void *)({start})" if operand.offset_bytes else array
        return Place(program.offsets[operand.tensor] + operand.offset_bytes)

    arguments = [f"&{name}", *(argument(i, o) for i, o in enumerate(step.inputs))]
    arguments += [argument(i, o) for i, o in enumerate(step.outputs)]
    if step.scratch_bytes:
        arguments.append(Place(program.scratch_offsets[layer, index]))
    members = tuple((field, member(field, value)) for field, value in step.params.items())
    return Call(step.kernel, name, members, tuple(arguments))


def _ports(program: Program, tensors: tuple[int, ...], constants: _Constants) -> list[Port]:
    def expression(position: int, t: int) -> str:
        tensor = program.graph.tensors[t]
        if tensor.data is not None:
            return constants.name(Constant(tensor.data, tensor.name), f"output{position}")
        return f"context->arena + {program.offsets.get(t, 0)}"

    return ports(program.graph, tensors, expression)


def _variables(program: Program, constants: _Constants) -> list[dict[str, Any]]:
    result = []
    places = zip(program.graph.variables, program.state_offsets, strict=True)
    for i, (variable, offset) in enumerate(places):
        initial = initial_array(variable)
        array = None
        if initial is not None:
            array = constants.name(Constant(initial, f"initial {variable.name}"), f"initial{i}")
        raw = b"" if variable.initial is None else variable.initial.tobytes()
        result.append(
            {
                "name": variable.name,
                "offset": offset,
                "size_bytes": variable.size_bytes,
                "uniform": raw[0] if raw else 0,
                "array": array,
            }
        )
    return result
