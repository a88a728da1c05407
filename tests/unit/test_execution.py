"""A session checks what answers; `verify` names the first layer that differs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mcugen import verification
from mcugen.building import make_target
from mcugen.device.protocol import Command, Frame
from mcugen.errors import InputRejected, McugenError
from mcugen.execution import Session, layer_output, open_session, profile, run, trace_sample
from mcugen.ir.graph import Graph
from mcugen.model import Model
from mcugen.reference import evaluate
from mcugen.verification import verify
from tests.unit.runtimes.aot.graphs import relu_graph

SAMPLE = [np.array([[1, -128, 5, -3]], np.int8)]
OUTPUT = bytes([1, 253, 5, 253])


class Firmware:
    """Answers as the firmware of relu_graph() would, with what a test puts in."""

    def __init__(self, sha256: str, output: bytes = OUTPUT, ticks: int = 16) -> None:
        self.info = struct.pack("<5I", 1, 4, 4, 4, 1) + sha256[:16].encode()
        self.run = struct.pack("<I", ticks) + output
        self.trace = struct.pack("<2I", ticks, zlib.crc32(output))
        self.layer = output
        self.asked: list[Frame] = []

    def exchange(self, requests: Sequence[Frame], watch: object = None) -> list[Frame]:
        self.asked += requests
        answers = {
            Command.INFO: self.info,
            Command.RUN: self.run,
            Command.TRACE: self.trace,
            Command.LAYER: self.layer,
            Command.RESET: b"",
        }
        return [Frame(request.command, answers[request.command]) for request in requests]


def session(board: str = "qemu_m4", **answers: object) -> tuple[Session, Firmware]:
    graph = relu_graph()
    model = Model(Path("relu.tflite"), b"relu", graph, ())
    firmware = Firmware(model.sha256, **answers)  # type: ignore[arg-type]
    return Session(make_target(model, board), firmware), firmware


def test_run() -> None:
    opened, firmware = session()
    result = run(opened, [SAMPLE, SAMPLE])
    assert [f.command.name for f in firmware.asked] == ["INFO", "RESET", "RUN", "RUN"]
    assert firmware.asked[2].payload == bytes([1, 128, 5, 253])
    (output,) = result.outputs[0]
    assert output.codes == [1, -3, 5, -3] and output.values == pytest.approx([0.2, 0, 0.4, 0])
    assert result.ticks == (10, 10) and result.tick_unit == "instructions"  # 8 ticks for 5
    assert result.inputs == 2 and result.sources["outputs"] == "emulator"


def test_host_counts_nothing() -> None:
    opened, _ = session("host")
    assert run(opened, [SAMPLE]).ticks == (None,)
    with pytest.raises(InputRejected, match="nothing counts instructions"):
        profile(opened, SAMPLE)


def test_board_counts_cycles() -> None:
    opened, _ = session("disco_f746ng")
    result = profile(opened, SAMPLE)
    assert (result.cycles, result.instructions) == (16, None)
    assert result.layers[0].cycles == 16 and result.sources["cycles"] == "board"
    with pytest.raises(InputRejected, match="serial port"):
        open_session(opened.target)


@pytest.mark.parametrize("model_hash", [b"", b"0", b"f" * 16])
def test_firmware_of_another_model(model_hash: bytes) -> None:
    opened, firmware = session()
    firmware.info = firmware.info[:20] + model_hash
    with pytest.raises(McugenError, match="another model"):
        run(opened, [SAMPLE])


@pytest.mark.parametrize("payload", [b"", b"abc", bytes(7), bytes(9)])
def test_answers_of_another_size(payload: bytes) -> None:
    opened, firmware = session()
    firmware.run = payload
    with pytest.raises(McugenError, match="another size"):
        run(opened, [SAMPLE])
    firmware.trace = payload + bytes(10)
    with pytest.raises(McugenError, match="layers"):
        trace_sample(opened, [SAMPLE])


def test_layer_output() -> None:
    opened, firmware = session()
    assert layer_output(opened, [SAMPLE, SAMPLE], 3) == OUTPUT
    assert [f.command.name for f in firmware.asked[2:]] == ["RUN", "LAYER"]
    assert firmware.asked[-1].payload[:4] == struct.pack("<I", 3)


class FakeOracle:
    """The numpy reference in TFLM's place."""

    graph: Graph = relu_graph()

    def __init__(self, data: bytes) -> None:
        self._values: dict[int, npt.NDArray[np.int8]] = {}

    def __enter__(self) -> FakeOracle:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, inputs: list[npt.NDArray[np.int8]]) -> list[npt.NDArray[np.int8]]:
        self._values = evaluate(self.graph, inputs)
        return [self._values[t] for t in self.graph.outputs]

    def intermediate(self, source_index: int) -> npt.NDArray[np.int8]:
        return self._values[source_index]


def test_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "IsolatedOracle", FakeOracle)
    opened, _ = session()
    result = verify(opened, [SAMPLE] * 3, 7, lambda: pytest.fail("no need to trace"))
    assert (result.inputs, result.output_bytes, result.mismatches) == (3, 12, 0)
    assert result.divergence is None and result.seed == 7


def test_verify_counts_and_places_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "IsolatedOracle", FakeOracle)
    graph = relu_graph()
    tensors = tuple(
        type(t)(t.name, t.shape, t.dtype, t.quantization, None, i)
        for i, t in enumerate(graph.tensors)
    )
    model = Model(
        Path("r"), b"relu", Graph("r", tensors, graph.operators, graph.inputs, graph.outputs), ()
    )
    firmware = Firmware(model.sha256, output=bytes([1, 0, 5, 9]))
    opened = Session(make_target(model, "qemu_m4"), firmware)
    result = verify(opened, [SAMPLE] * 2, None, lambda: opened)
    assert (result.output_bytes, result.mismatches) == (8, 4)
    found = result.divergence
    assert found is not None and (found.op, found.layer, found.input_index) == ("RELU", 0, 0)
    assert (found.differing_bytes, found.total_bytes, found.first_offset) == (2, 4, 1)
    assert (found.expected, found.found) == (253, 0)
