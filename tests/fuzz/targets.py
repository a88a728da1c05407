"""What is fuzzed: each may raise McugenError and nothing else."""

from __future__ import annotations

from mcugen.errors import McugenError
from mcugen.ir.graph import Graph
from mcugen.isa import Isa
from mcugen.passes import run_passes
from mcugen.runtimes.aot.emit import emit_library
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.tflm.arena import estimate
from mcugen.runtimes.tflm.resolver import registrations
from mcugen.runtimes.tflm.support import check_supported
from mcugen.tflite.builder import build
from mcugen.tflite.reader import read_model
from mcugen.tflite.verifier import verify
from mcugen.tflite.writer import write_model
from tests.fixtures_invalid import valid_record

MAX_BYTES = 1 << 16
"""Larger graphs are only read: the rest takes time that is better spent on more files."""


def read(data: bytes) -> Graph | None:
    """Reads a file; None if it is refused."""
    try:
        return read_model(data, "fuzzed.tflite").graph
    except McugenError as error:
        assert error.message.isprintable(), error.message
        assert error.exit_code == 2
        return None


def compile_(data: bytes) -> None:
    """Reads a file, writes it again, and takes it all the way to C."""
    graph = read(data)
    if graph is None or sum(t.size_bytes for t in graph.tensors) > MAX_BYTES:
        return
    again = write_model(graph)
    assert write_model(read_model(again, "fuzzed.tflite").graph) == again
    try:
        emit_library(lower_graph(run_passes(graph)), "m", "0" * 64)
    except McugenError:
        return


def plan_for_tflm(data: bytes) -> None:
    """Verifies a file, chooses TFLM's kernels, and estimates their arena for every kind of core."""
    try:
        model = verify(data)
        check_supported(model)
        assert registrations(model)
        for isa in Isa:
            assert estimate(model, isa).arena_bytes % 16 == 0
    except McugenError as error:
        assert error.message.isprintable(), error.message
        assert error.exit_code == 2


def load_families() -> None:
    """Imports what is otherwise imported when first needed, so that it can be instrumented."""
    compile_(build(valid_record()))
