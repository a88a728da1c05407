"""Holds the generated C, the numpy reference and TFLM against each other, byte for byte.

The C is compiled with the address and undefined-behaviour sanitizers and every warning an error.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Graph, Tensor
from mcugen.isa import Isa
from mcugen.oracle import Oracle
from mcugen.passes import run_passes
from mcugen.reference import evaluate
from mcugen.reference.registry import initial_state
from mcugen.runtimes.aot.emit import emit_library, kernel_file
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.tflite.reader import read_model
from mcugen.tflite.writer import write_model

C_FLAGS = (
    *("-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"),
)
Arrays = list["npt.NDArray[Any]"]


def random_input(tensor: Tensor, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Codes over the type's whole range, the extremes well represented."""
    if tensor.dtype is DType.FLOAT32:
        return rng.normal(size=tensor.shape).astype(np.float32)
    info = np.iinfo(tensor.dtype.numpy)
    codes = rng.integers(info.min, info.max, tensor.shape, endpoint=True)
    extremes = rng.choice([info.min, info.max], tensor.shape)
    return np.where(rng.random(tensor.shape) < 0.1, extremes, codes).astype(tensor.dtype.numpy)


def check(graphs: Sequence[Graph], seed: int = 0, runs: int = 3) -> None:
    """Asserts that reference, TFLM and generated C agree on `runs` random inputs of each graph."""
    rng = np.random.default_rng(seed)
    inputs = [
        [[random_input(g.tensors[t], rng) for t in g.inputs] for _ in range(runs)] for g in graphs
    ]
    files = [write_model(graph) for graph in graphs]
    parsed = [read_model(data, "m").graph for data in files]
    generated = {isa: run_c(parsed, inputs, isa) for isa in distinct_isas(parsed)}
    for g, (graph, data, samples) in enumerate(zip(graphs, files, inputs, strict=True)):
        oracle, state = Oracle(data), initial_state(graph)
        for run, sample in enumerate(samples):
            tflm = oracle.run(sample)
            values = evaluate(graph, sample, state)
            for i, t in enumerate(graph.outputs):
                name = f"{[o.name for o in graph.operators]} output {i}"
                np.testing.assert_array_equal(values[t], tflm[i], f"reference, TFLM: {name}")
                for isa, outputs in generated.items():
                    what = f"C ({isa.value}), TFLM: {name}"
                    np.testing.assert_array_equal(outputs[g][run][i], tflm[i], what)


def distinct_isas(graphs: Sequence[Graph]) -> list[Isa]:
    """The instruction sets for which these graphs are lowered to different kernels or scratch."""
    found: dict[tuple[tuple[str, int], ...], Isa] = {}
    for isa in Isa:
        programs = [lower_graph(run_passes(graph), isa) for graph in graphs]
        steps = [step for p in programs for layer in p.layers for step in layer.steps]
        found.setdefault(tuple((step.kernel, step.scratch_bytes) for step in steps), isa)
    return list(found.values())


def run_c(
    graphs: Sequence[Graph], inputs: Sequence[Sequence[Arrays]], isa: Isa = Isa.PORTABLE
) -> list[list[Arrays]]:
    """Outputs of the generated C, [graph][run][output], all graphs linked into one program.

    The host runs the plain C twin of each kernel, on constants packed for `isa`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_program(graphs, folder, len(inputs[0]), isa)
        data = b"".join(a.tobytes() for samples in inputs for run in samples for a in run)
        sources = [str(p) for p in folder.rglob("*.c")]
        subprocess.run(
            ["gcc", *C_FLAGS, f"-I{folder}", *sources, "-o", str(folder / "program")], check=True
        )
        done = subprocess.run([str(folder / "program")], input=data, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return split_outputs(graphs, done.stdout, len(inputs[0]))


def write_program(
    graphs: Sequence[Graph], folder: Path, runs: int, isa: Isa = Isa.PORTABLE
) -> None:
    """Writes the libraries m0, m1, … and a main.c that runs each on what it reads."""
    body = []
    for i, graph in enumerate(graphs):
        program = lower_graph(run_passes(graph), isa)
        write_library(emit_library(program, f"m{i}", "0" * 64), f"m{i}", folder)
        body += [f"  static m{i}_context c{i};", f"  if (m{i}_init_default(&c{i})) return 1;"]
        body += [f"  for (int run = 0; run < {runs}; ++run) {{"]
        for j in range(len(graph.inputs)):
            body += [f"    get(m{i}_input(&c{i}, {j}), M{i}_INPUT_{j}_BYTES);"]
        body += [f"    if (m{i}_invoke(&c{i})) return 2;"]
        for j in range(len(graph.outputs)):
            body += [f"    put(m{i}_output(&c{i}, {j}), M{i}_OUTPUT_{j}_BYTES);"]
        body += ["  }"]
    includes = "".join(f'#include "m{i}.h"\n' for i in range(len(graphs)))
    (folder / "main.c").write_text(
        f"{includes}#include <stdio.h>\n#include <stdlib.h>\n"
        "static void get(void *p, size_t n) { if (fread(p, 1, n, stdin) != n) exit(3); }\n"
        "static void put(const void *p, size_t n) { fwrite(p, 1, n, stdout); }\n"
        "int main(void) {\n" + "\n".join(body) + "\n  return 0;\n}\n"
    )


def write_library(files: dict[str, str], prefix: str, folder: Path) -> None:
    """Writes a library's C files, but its kernels under their own names: all libraries share them.

    Compiling every library's copy would take most of the tests' time.
    """
    texts = {Path(path).name: text for path, text in files.items() if path.endswith((".c", ".h"))}
    parts = {name: Path(name.removeprefix(f"{prefix}_")).stem for name in texts}
    kernels = {part for name, part in parts.items() if kernel_file(f"mcugen_{part}.h")}
    alternatives = "|".join(sorted(kernels, key=len, reverse=True))
    for name, text in texts.items():
        if parts[name] in kernels:
            original = f"mcugen_{name.removeprefix(f'{prefix}_')}"
            path = kernel_file(original)
            assert path is not None
            (folder / original).write_text(path.read_text())
        else:
            shared = rf"\b{prefix}_(?=(?:{alternatives})(?:_params)?\b)"
            (folder / name).write_text(re.sub(shared, "mcugen_", text) if kernels else text)


def split_outputs(graphs: Sequence[Graph], data: bytes, runs: int) -> list[list[Arrays]]:
    """The program's output stream as arrays, [graph][run][output]."""
    result, offset = [], 0
    for graph in graphs:
        samples = []
        for _ in range(runs):
            arrays = []
            for t in graph.outputs:
                tensor = graph.tensors[t]
                chunk = data[offset : offset + tensor.size_bytes]
                arrays.append(np.frombuffer(chunk, tensor.dtype.numpy).reshape(tensor.shape))
                offset += tensor.size_bytes
            samples.append(arrays)
        result.append(samples)
    assert offset == len(data)
    return result
