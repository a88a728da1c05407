"""Small graphs for the tests of what is generated, and a compiler with every warning an error."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops.activations import Relu
from mcugen.ir.ops.concat import Concatenation
from mcugen.ir.ops.reshape import Reshape
from mcugen.runtimes.aot.emit import emit_library
from mcugen.runtimes.aot.lowered import lower_graph

Q = Quantization((float32(0.05),), (-3,))
SHA = "0123456789abcdef" * 4
STRICT = (
    *("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wcast-qual"),
    "-Werror",
)

HOSTILE = (
    "*/ int x; /*",
    "// x \\",
    "a\\\nint y;",
    '"); system("true',
    "??/\n??/",
    "%s%n${x}#{x}{{ 7 * 7 }}",
    "</script><!--",
    "\u202e\u2028ä\x00\x1b[31m",
    "/*" * 5000,
    "",
)
"""What a model's author may put into a name."""


def tensor(name: str, shape: tuple[int, ...], dtype: DType = DType.INT8) -> Tensor:
    return Tensor(name, shape, dtype, Q if dtype in (DType.INT8, DType.UINT8) else None)


def relu_graph(names: tuple[str, str] = ("in", "out"), size: int = 4) -> Graph:
    """One operator on `size` codes."""
    tensors = (tensor(names[0], (1, size)), tensor(names[1], (1, size)))
    return Graph("relu", tensors, (Operator(Relu(), (0,), (1,)),), (0,), (1,))


def renamed(graph: Graph, name: str) -> Graph:
    """The graph with `name` wherever a model holds a name."""
    return replace(
        graph,
        name=name,
        description=name,
        tensors=tuple(replace(t, name=name) for t in graph.tensors),
        variables=tuple(replace(v, name=name) for v in graph.variables),
    )


def ports_graph() -> Graph:
    """Ports of every type, joined by nothing; one output is constant and one state is not zero."""
    kinds = [k for k in DType if k not in (DType.INT4, DType.RESOURCE)]
    tensors = [tensor(f"{kind.value}_in", (2, 3), kind) for kind in kinds]
    tensors += [tensor(f"{kind.value}_out", (3, 2), kind) for kind in kinds]
    operators = [Operator(Reshape((3, 2)), (i,), (i + len(kinds),)) for i in range(len(kinds))]
    data = np.arange(4, dtype=np.int8)
    tensors += [Tensor("constant", (4,), DType.INT8, Q, data), tensor("scalar", ())]
    extremes = np.array([np.iinfo(np.int64).min, -1, np.iinfo(np.int64).max])
    odd = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45], np.float32)
    for values, dtype in ((extremes, DType.INT64), (odd, DType.FLOAT32)):
        start = len(tensors)
        shape = values.shape
        tensors += [Tensor("constant", shape, dtype, None, values), tensor("dynamic", shape, dtype)]
        tensors.append(tensor("joined", (2 * shape[0],), dtype))
        operators.append(Operator(Concatenation(0), (start, start + 1), (start + 2,)))
    n = len(kinds)
    dynamic = [i for i, t in enumerate(tensors) if t.name in ("dynamic", "scalar")]
    joined = [i for i, t in enumerate(tensors) if t.name == "joined"]
    return Graph(
        "ports",
        tuple(tensors),
        tuple(operators),
        (*range(n), *dynamic),
        (*range(n, 2 * n), 2 * n, 2 * n + 1, *joined),
        (
            Variable("zero", (2, 2), DType.INT8, Q, None),
            Variable("three", (2, 2), DType.INT8, Q, np.full((2, 2), -3, np.int8)),
            Variable("ramp", (2, 2), DType.INT8, Q, np.arange(4, dtype=np.int8).reshape(2, 2)),
        ),
    )


def emitted(graph: Graph, prefix: str = "model") -> dict[str, str]:
    """The library of a graph."""
    return emit_library(lower_graph(graph), prefix, SHA)


def write_sources(files: Mapping[str, str], folder: Path) -> list[str]:
    """Writes C sources and headers into one folder; returns the sources."""
    for path, text in files.items():
        if path.endswith((".c", ".h")):
            (folder / Path(path).name).write_text(text)
    return sorted(str(p) for p in folder.glob("*.c"))


def compile_strictly(folder: Path, sources: list[str], *options: str) -> None:
    """Asserts that gcc takes the sources without a warning."""
    command = ["gcc", *STRICT, f"-I{folder}", *(options or ("-fsyntax-only",)), *sources]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]
