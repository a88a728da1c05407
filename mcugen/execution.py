"""`run` and `profile`: the firmware at work, on an emulator, this machine or a board."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from mcugen.building import Target, check_plan_fits, compile_image, generate
from mcugen.device.protocol import Command, Frame, Info
from mcugen.device.transport import (
    EmulatorTransport,
    HostTransport,
    SerialTransport,
    Transport,
)
from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import Tensor
from mcugen.measuring import settle
from mcugen.progress import Progress, silent
from mcugen.results import LayerProfile, OutputValue, ProfileResult, RunResult
from mcugen.samples import Sample

TRACE = "trace"
"""The project's environment that counts and checksums layers."""

ORIGIN = {"emulator": "emulator", "host": "host", "board": "board"}


@dataclass(frozen=True)
class Session:
    """A firmware that is ready to answer; `transport` reaches it."""

    target: Target
    transport: Transport

    def ask(self, requests: list[Frame], progress: Progress = silent) -> list[bytes]:
        """The payloads of the answers, after checking that the firmware is of this model."""
        framed = [Frame(Command.INFO), Frame(Command.RESET), *requests]
        replies = self.transport.exchange(
            framed, lambda done, total: progress("running", done, total)
        )
        info = Info.decode(replies[0].payload)
        if info.model_hash != self.target.model.sha256[: len(info.model_hash) or 1]:
            raise McugenError(
                "the firmware on the device is of another model",
                f"flash it first: mcugen flash {self.target.folder}",
            )
        return [reply.payload for reply in replies[2:]]


def open_session(
    target: Target, *, trace: bool = False, port: str | None = None, progress: Progress = silent
) -> Session:
    """Builds what is needed and reaches for the device.

    A real board must have been flashed already and be named by its serial `port`.
    """
    board = target.board
    if board.kind == "board":
        if port is None:
            raise InputRejected(
                f"{board.id} is a real board: name its serial port",
                f"mcugen build {target.model.path} --board {board.id}\n"
                f"mcugen flash {target.folder}, then this command again with --port PORT\n"
                "or use an emulator, for example --board qemu_m4",
            )
        return Session(target, SerialTransport(port, board.serial_baud))
    if port is not None:
        raise InputRejected(f"{board.id} has no serial port", "leave --port out")
    target = settle(target, progress)
    check_plan_fits(target)
    progress("writing project", 0, 1)
    generate(target)
    progress("compiling", 0, 1)
    return open_written(target, trace=trace)


def open_written(target: Target, *, trace: bool = False) -> Session:
    """Compiles a project as it stands on disk, and starts it in the emulator or on the host."""
    elf = compile_image(target, TRACE if trace else target.board.id)
    if target.board.kind == "host":
        return Session(target, HostTransport(elf))
    return Session(target, EmulatorTransport(target.board, elf))


def run_samples(
    session: Session, samples: list[Sample], progress: Progress = silent
) -> list[tuple[int, list[np.ndarray]]]:
    """Ticks and outputs of each sample, run in order from a fresh state."""
    replies = session.ask([Frame(Command.RUN, _payload(s)) for s in samples], progress)
    graph = session.target.model.graph
    outputs = [graph.tensors[t] for t in graph.outputs]
    expected = {4 + sum(tensor.size_bytes for tensor in outputs)}
    if not expected.issuperset(map(len, replies)):
        raise McugenError("the firmware's outputs have another size than the model's")
    return [(struct.unpack_from("<I", r)[0], _arrays(r[4:], outputs)) for r in replies]


def run(session: Session, samples: list[Sample], progress: Progress = silent) -> RunResult:
    """Outputs of every sample, as codes and as real values."""
    target = session.target
    graph = target.model.graph
    outcomes = run_samples(session, samples, progress)
    return RunResult(
        model=str(target.model.path),
        board=target.board.id,
        inputs=len(samples),
        outputs=tuple(
            tuple(
                _value(graph.tensors[t], array)
                for t, array in zip(graph.outputs, arrays, strict=True)
            )
            for _, arrays in outcomes
        ),
        ticks=tuple(_count(target, ticks) for ticks, _ in outcomes),
        tick_unit="cycles" if target.board.kind == "board" else "instructions",
        sources={"ticks": ORIGIN[target.board.kind], "outputs": ORIGIN[target.board.kind]},
    )


@dataclass(frozen=True)
class LayerTrace:
    """What the firmware says of one layer."""

    ticks: int
    crc: int


def trace_sample(session: Session, samples: list[Sample]) -> list[LayerTrace]:
    """Every layer's ticks and checksum at the last of `samples`, run in order, the state fresh."""
    frames = [Frame(Command.RUN, _payload(s)) for s in samples[:-1]]
    reply = session.ask([*frames, Frame(Command.TRACE, _payload(samples[-1]))])[-1]
    count = len(session.target.program.layers)
    if len(reply) != 8 * count:
        raise McugenError(
            f"the firmware traces {len(reply) // 8} layers, the model has {count}",
            f"build and flash {session.target.folder} again",
        )
    values = struct.unpack(f"<{2 * count}I", reply)
    return [LayerTrace(values[i], values[count + i]) for i in range(count)]


def layer_output(session: Session, samples: list[Sample], layer: int) -> bytes:
    """The bytes that one layer wrote at the last of `samples`."""
    frames = [Frame(Command.RUN, _payload(s)) for s in samples[:-1]]
    last = Frame(Command.LAYER, struct.pack("<I", layer) + _payload(samples[-1]))
    return session.ask([*frames, last])[-1]


def profile(session: Session, sample: Sample) -> ProfileResult:
    """Instructions (emulator) or cycles (board) of every layer, for one inference."""
    target = session.target
    if target.board.kind == "host":
        raise InputRejected(
            "nothing counts instructions on the host",
            "profile in an emulator, for example --board qemu_m4",
        )
    on_board = target.board.kind == "board"
    layers = []
    for i, (trace, layer) in enumerate(
        zip(trace_sample(session, [sample]), target.program.layers, strict=True)
    ):
        count = _count(target, trace.ticks)
        x = layer.operands
        layers.append(
            LayerProfile(
                index=i,
                name=x.output().name if x.outputs else "",
                op=x.operator.name,
                kernel=layer.kernel,
                macs=x.macs,
                instructions=None if on_board else count,
                cycles=count if on_board else None,
            )
        )
    instructions = None if on_board else sum(x.instructions or 0 for x in layers)
    return ProfileResult(
        model=str(target.model.path),
        model_sha256=target.model.sha256,
        board=target.board.id,
        optimize=target.optimize,
        macs=target.program.graph.macs,
        instructions=instructions,
        cycles=sum(x.cycles or 0 for x in layers) if on_board else None,
        layers=tuple(layers),
        sources={
            "macs": "static",
            "cycles" if on_board else "instructions": ORIGIN[target.board.kind],
        },
    )


def _count(target: Target, ticks: int) -> int | None:
    """Ticks as instructions or cycles; None where the device does not count."""
    if target.board.kind == "host":
        return None
    ratio = target.board.ticks_per_instruction
    return ticks if ratio is None else round(ticks / ratio)


def _payload(sample: Sample) -> bytes:
    return b"".join(np.ascontiguousarray(array).tobytes() for array in sample)


def _arrays(data: bytes, tensors: list[Tensor]) -> list[np.ndarray]:
    arrays, offset = [], 0
    for tensor in tensors:
        chunk = data[offset : offset + tensor.size_bytes]
        arrays.append(np.frombuffer(chunk, tensor.dtype.numpy).reshape(tensor.shape))
        offset += tensor.size_bytes
    return arrays


def _value(tensor: Tensor, array: np.ndarray) -> OutputValue:
    q = tensor.quantization
    values = None
    if q is not None and np.issubdtype(array.dtype, np.integer):
        real = (array.astype(np.float64) - q.zero_point) * q.scale
        values = [float(v) for v in real.reshape(-1)]
    codes = array.reshape(-1).tolist()
    return OutputValue(tensor.name, tensor.shape, tensor.dtype.value, codes, values)
