"""The generated library: what any compiler takes, whatever the model's names hold."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Quantization, Tensor
from mcugen.passes import run_passes
from mcugen.runtimes.aot.lowered import lower_graph
from tests.kernels.zoo import zoo_graph
from tests.unit.runtimes.aot.graphs import (
    HOSTILE,
    Q,
    compile_strictly,
    emitted,
    ports_graph,
    relu_graph,
    renamed,
    write_sources,
)

ROOT = Path(__file__).resolve().parents[4]
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
needs_clang_format = pytest.mark.skipif(
    shutil.which("clang-format") is None, reason="clang-format is not installed"
)

Files = dict[str, str]


@pytest.fixture(scope="module")
def zoo() -> Graph:
    return run_passes(zoo_graph())


@needs_gcc
@pytest.mark.parametrize("hooks", [(), ("-DMCUGEN_LAYER_HOOKS",)])
def test_every_operator_compiles_strictly(zoo: Graph, tmp_path: Path, hooks: tuple[str]) -> None:
    sources = write_sources(emitted(zoo), tmp_path)
    compile_strictly(tmp_path, sources, *hooks, "-fsyntax-only")


@needs_gcc
def test_ports_of_every_type_compile_strictly(tmp_path: Path) -> None:
    files = emitted(ports_graph())
    compile_strictly(tmp_path, write_sources(files, tmp_path))
    assert "memcpy(" in files["src/model.c"] and "INT64_MIN" in files["src/model_constants.c"]


@needs_gcc
@pytest.mark.parametrize("prefix", ["int", "class", "arena", "quantize", "layer", "context"])
def test_prefixes_that_mean_something_in_c(prefix: str, tmp_path: Path) -> None:
    sources = write_sources(emitted(ports_graph(), prefix), tmp_path)
    compile_strictly(tmp_path, sources, "-DMCUGEN_LAYER_HOOKS", "-fsyntax-only")


@needs_gcc
def test_graph_without_operators_compiles(tmp_path: Path) -> None:
    graph = Graph("identity", relu_graph().tensors[:1], (), (0,), (0,))
    sources = write_sources(emitted(graph), tmp_path)
    compile_strictly(tmp_path, sources, "-DMCUGEN_LAYER_HOOKS", "-fsyntax-only")


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_header_is_cpp(zoo: Graph, tmp_path: Path) -> None:
    write_sources(emitted(zoo), tmp_path)
    (tmp_path / "use.cpp").write_text(
        '#include "model.h"\n#include "model.h"\n'
        "int main() { static model_context c; return model_init_default(&c); }\n"
    )
    flags = ["-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-DMCUGEN_LAYER_HOOKS"]
    subprocess.run(["g++", *flags, "-fsyntax-only", str(tmp_path / "use.cpp")], check=True)


@needs_gcc
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_in_comments(hostile: str, tmp_path: Path) -> None:
    """Trigraphs are on with -std=c99; without comments, both libraries are the same text."""
    files, plain = emitted(renamed(ports_graph(), hostile)), emitted(ports_graph())
    compile_strictly(tmp_path, write_sources(files, tmp_path))
    assert files.keys() == plain.keys()
    for path in files:
        assert without_comments(files[path]) == without_comments(plain[path]), path
        assert files[path].isascii() and files[path].isprintable() is False
        assert max(map(len, files[path].splitlines())) < 200


def without_comments(text: str) -> str:
    """C text without its comments, as a compiler's first phases see it."""
    text = text.replace("??/", "\\").replace("\\\n", "")
    text = re.sub(r'"(\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', keep_strings, text, flags=re.S)
    return re.sub(r"\s+", " ", text)


def keep_strings(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else " "


def test_same_bytes_twice_and_no_paths() -> None:
    graph = run_passes(zoo_graph())
    first, second = emitted(graph, "kws"), emitted(graph, "kws")
    assert first == second and list(first) == list(second)
    for path, text in first.items():
        assert not path.startswith("/") and ".." not in path
        assert str(ROOT) not in text and str(Path.home()) + "/" not in text
        assert not re.search(r"\b(mcugen|MCUGEN)_(?!LAYER_HOOKS)", text), path


def test_library_manifest_is_json() -> None:
    manifest = json.loads(emitted(relu_graph(), "kws")["library.json"])
    assert manifest["name"] == "kws" and manifest["headers"] == ["kws.h"]


@needs_clang_format
@pytest.mark.parametrize("prefix", ["kws", "visual_wake_words"])
def test_formatted_as_clang_format_would(zoo: Graph, prefix: str) -> None:
    """But for the kernels, whose lines the prefix lengthens."""
    files = emitted(zoo, prefix)
    names = [f"{prefix}{part}" for part in (".c", "_arena.c", "_quantize.c", "_constants.c")]
    for name in (f"include/{prefix}.h", *(f"src/{n}" for n in names)):
        style = f"-style=file:{ROOT / '.clang-format'}"
        done = subprocess.run(
            ["clang-format", style, f"-assume-filename={Path(name).name}"],
            input=files[name],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == files[name], name


def test_equal_arrays_are_written_once(zoo: Graph) -> None:
    program = lower_graph(zoo)
    files = emitted(zoo)
    stated = re.findall(r"const (\w+) model_\w+\[(\d+)\] ALIGNED", files["src/model_constants.c"])
    sizes = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "int32_t": 4, "uint32_t": 4, "float": 4}
    sizes["int64_t"] = 8
    assert sum(sizes[t] * int(n) for t, n in stated) == program.constants_bytes


def test_per_channel_port_has_no_scale() -> None:
    graph = relu_graph()
    channels = Quantization((0.5, 0.25, 0.5, 0.25), (0, 0, 0, 0), 1)
    odd = Tensor("unused", (1, 4), DType.INT8, channels)
    graph = replace(graph, tensors=(*graph.tensors, odd), inputs=(0, 2))
    header = emitted(graph)["include/model.h"]
    assert "INPUT_0_SCALE" in header and "INPUT_1_SCALE" not in header


@pytest.mark.parametrize(
    ("port", "found"),
    [
        (Tensor("x", (4,), DType.INT4, Q), "is int4"),
        (Tensor("x", (1,), DType.RESOURCE), "is resource"),
        (Tensor("x", (1, 0), DType.INT8, Q), "has shape"),
        (Tensor("x", (1,), DType.INT8, Q, np.zeros(1, np.int8)), "is constant"),
    ],
)
def test_ports_without_a_c_type_are_refused(port: Tensor, found: str) -> None:
    graph = relu_graph()
    with pytest.raises(InputRejected, match=rf"input 1 of the model \('x'\) {found}"):
        lower_graph(replace(graph, tensors=(*graph.tensors, port), inputs=(0, 2)))


def test_graphs_without_ports_are_refused() -> None:
    with pytest.raises(InputRejected, match="no input"):
        lower_graph(replace(relu_graph(), inputs=()))
    with pytest.raises(InputRejected, match="no output"):
        lower_graph(replace(relu_graph(), outputs=()))


def test_equal_parameters_are_written_once() -> None:
    """Two splits of one size copy alike."""
    text = emitted(zoo_graph())["src/model.c"]
    structs = re.findall(r"static const (\w+) (\w+) = \{(.*?)\n\};", text, re.DOTALL)
    assert len({(kind, body) for kind, _, body in structs}) == len(structs)
    calls = re.findall(r"\(&(layer\w+),", text)
    assert set(calls) == {name for _, name, _ in structs}
    assert len(calls) > len(structs)
