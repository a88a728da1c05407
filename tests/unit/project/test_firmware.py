"""The generated main.c, compiled for this machine: what it answers, and to what it says no."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from mcugen.boards import load_board
from mcugen.device.protocol import Command, Frame, Info, decode_header, decode_stream
from mcugen.errors import McugenError
from mcugen.ir.graph import Graph
from mcugen.platform.paths import SUPPORT_DIR
from mcugen.project.writer import project_files
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.runtime import AotProgram
from tests.unit.runtimes.aot.graphs import (
    SHA,
    compile_strictly,
    ports_graph,
    relu_graph,
    write_sources,
)

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

INFO, RESET = Frame(Command.INFO).encode(), Frame(Command.RESET).encode()
RUN = Frame(Command.RUN, bytes([1, 2, 255, 128])).encode()
OUTPUT = bytes([1, 2, 255, 253])  # RELU at zero point -3


def compiled(graph: Graph, folder: Path, prefix: str = "kws", hooks: bool = False) -> Path:
    """The firmware of a graph, with sanitizers."""
    project = project_files(AotProgram(lower_graph(graph)), load_board("host"), prefix, SHA, None)
    texts = {p: t for p, t in project.files.items() if isinstance(t, str)}
    sources = write_sources(
        {p: t for p, t in texts.items() if p.startswith(("lib/", "src/"))}, folder
    )
    include = SUPPORT_DIR / "include"
    elf = folder / ("traced" if hooks else "plain")
    compile_strictly(
        folder,
        [*sources, str(SUPPORT_DIR / "host" / "board.c")],
        *(["-DMCUGEN_LAYER_HOOKS"] if hooks else []),
        *("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
        *(f"-I{include}", "-o", str(elf)),
    )
    return elf


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(relu_graph(), tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(relu_graph(), tmp_path_factory.mktemp("traced"), hooks=True)


def talk(elf: Path, data: bytes) -> bytes:
    done = subprocess.run([elf], input=data, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def refusals(data: bytes) -> list[str]:
    """The texts of the refusals in a stream of responses; frames that answer are ''."""
    texts = []
    while data:
        kind, _, size = decode_header(data[:12])
        texts.append(data[12 : 12 + size].decode() if kind == 0xC0 else "")
        data = data[12 + size + 4 :]
    return texts


def test_info_and_run(plain: Path) -> None:
    info, reset, run = decode_stream(talk(plain, INFO + RESET + RUN))
    found = Info.decode(info.payload)
    assert (found.input_bytes, found.output_bytes, found.layer_count) == (4, 4, 0)
    assert found.model_hash == SHA[:16] and reset.payload == b""
    assert run.payload == struct.pack("<I", 0) + OUTPUT


def test_trace_and_layer(traced: Path) -> None:
    inputs = bytes([1, 2, 255, 128])
    trace = Frame(Command.TRACE, inputs).encode()
    layer = Frame(Command.LAYER, struct.pack("<I", 0) + inputs).encode()
    frames = list(decode_stream(talk(traced, INFO + trace + layer + RUN)))
    assert Info.decode(frames[0].payload).layer_count == 1
    assert struct.unpack("<2I", frames[1].payload) == (0, zlib.crc32(OUTPUT))
    assert [f.payload for f in frames[2:]] == [OUTPUT, bytes(4) + OUTPUT]


@pytest.mark.parametrize("layer", [1, 0xFFFFFFFF, 0x80000000])
def test_no_such_layer(traced: Path, layer: int) -> None:
    frame = Frame(Command.LAYER, struct.pack("<I", layer) + bytes(4)).encode()
    with pytest.raises(McugenError, match="no such layer"):
        list(decode_stream(talk(traced, frame)))


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (RUN[:-1] + bytes([RUN[-1] ^ 1]), "damaged"),
        (RUN[:12] + b"\0" + RUN[13:], "damaged"),
        (Frame(Command.RUN, bytes(5)).encode(), "another size"),
        (Frame(Command.INFO, bytes(1)).encode(), "another size"),
        (RUN[:8] + b"\xff\xff\xff\xff" + RUN[12:], "another size"),
        (b"MCGN\xff\xff\xff\x7f" + INFO[8:], "unknown command"),
        (Frame(Command.TRACE, bytes(4)).encode(), "MCUGEN_LAYER_HOOKS"),
        (Frame(Command.LAYER, bytes(8)).encode(), "MCUGEN_LAYER_HOOKS"),
    ],
)
def test_refused_and_then_served_again(plain: Path, request_: bytes, refusal: str) -> None:
    first, second = refusals(talk(plain, request_ + INFO))
    assert refusal in first and second == ""


@pytest.mark.parametrize("noise", [b"", b"Hello", b"\0" * 1000, b"MCG", b"MCGMCGN"[:3] + b"M"])
def test_noise_before_a_request(plain: Path, noise: bytes) -> None:
    assert [f.command for f in decode_stream(talk(plain, noise + INFO))] == [Command.INFO]


@pytest.mark.parametrize("cut", range(1, len(RUN)))
def test_stream_that_breaks_off(plain: Path, cut: int) -> None:
    """It ends; a request that was cut is not answered."""
    assert "" not in refusals(talk(plain, RUN[:cut]))


@pytest.mark.parametrize("prefix", ["reply", "command", "wanted", "layer", "crc", "put", "int"])
def test_prefixes_that_main_uses_too(prefix: str, tmp_path: Path) -> None:
    elf = compiled(relu_graph(), tmp_path, prefix, hooks=True)
    assert len(list(decode_stream(talk(elf, INFO + RUN)))) == 2


def test_ports_and_states_of_every_kind(tmp_path: Path) -> None:
    graph = ports_graph()
    elf = compiled(graph, tmp_path, hooks=True)
    size = sum(graph.tensors[t].size_bytes for t in graph.inputs)
    inputs = bytes(i % 251 for i in range(size))
    info, run = decode_stream(talk(elf, INFO + Frame(Command.RUN, inputs).encode()))
    found: Any = Info.decode(info.payload)
    assert found.input_bytes == size and found.layer_count == len(graph.operators)
    whole = sum(graph.tensors[t].size_bytes for t in graph.outputs)
    assert len(run.payload) == 4 + whole
