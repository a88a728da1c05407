"""Carrying frames to the firmware: through files into an emulator, pipes, or a serial port."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from mcugen.boards import Board
from mcugen.device.protocol import HEADER, Frame, decode_body, decode_header, decode_stream
from mcugen.errors import McugenError

Watcher = Callable[[int, int], None]
"""Told how many of how many requests are answered."""

EMULATOR_TIMEOUT_S = 300.0
SERIAL_TIMEOUT_S = 20.0


class Transport(Protocol):
    """A firmware that answers requests in order, starting afresh with each `exchange`."""

    def exchange(self, requests: Sequence[Frame], watch: Watcher | None = None) -> list[Frame]:
        """One response a request; raises McugenError when the firmware fails, hangs or refuses."""
        ...


class EmulatorTransport:
    """An image in QEMU: requests in a file, responses in another."""

    def __init__(self, board: Board, elf: Path, timeout_s: float = EMULATOR_TIMEOUT_S) -> None:
        self._board, self._elf, self._timeout_s = board, elf, timeout_s

    def exchange(self, requests: Sequence[Frame], watch: Watcher | None = None) -> list[Frame]:
        with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
            request, response = Path(name, "request.bin"), Path(name, "response.bin")
            request.write_bytes(b"".join(frame.encode() for frame in requests))
            response.touch()
            command = self._board.emulator_command(self._elf, (str(request), str(response)))
            done = _finish(command, b"", self._timeout_s)
            return _answers(response.read_bytes(), requests, done, watch)


class HostTransport:
    """An image for this machine, through its standard input and output."""

    def __init__(self, elf: Path, timeout_s: float = EMULATOR_TIMEOUT_S) -> None:
        self._elf, self._timeout_s = elf, timeout_s

    def exchange(self, requests: Sequence[Frame], watch: Watcher | None = None) -> list[Frame]:
        data = b"".join(frame.encode() for frame in requests)
        done = _finish([str(self._elf.absolute())], data, self._timeout_s)
        return _answers(done.stdout, requests, done, watch)


class SerialTransport:
    """A board behind a serial port."""

    def __init__(self, port: str, baud: int, timeout_s: float = SERIAL_TIMEOUT_S) -> None:
        self._port, self._baud, self._timeout_s = port, baud, timeout_s

    def exchange(self, requests: Sequence[Frame], watch: Watcher | None = None) -> list[Frame]:
        import serial  # pyserial comes with PlatformIO

        frames = []
        limits = {"timeout": self._timeout_s, "write_timeout": self._timeout_s}
        try:
            with serial.Serial(self._port, self._baud, **limits) as port:
                port.reset_input_buffer()
                for i, request in enumerate(requests):
                    port.write(request.encode())
                    kind, command, size = decode_header(self._read(port, HEADER.size))
                    frames.append(decode_body(kind, command, self._read(port, size + 4)))
                    _check_order(frames, requests)
                    if watch:
                        watch(i + 1, len(requests))
        except (serial.SerialException, OSError) as error:
            raise McugenError(
                f"serial port {self._port}: {error}",
                "plug in the board, and name its port with --port (`pio device list` shows them)\n"
                "on Linux, your user must be in the group that owns the port (often dialout)",
            ) from None
        return frames

    def _read(self, port: Any, size: int) -> bytes:
        data: bytes = port.read(size)
        if len(data) < size:
            raise McugenError(
                f"no answer from the board on {self._port} within {self._timeout_s:g} s",
                "flash the project first (`mcugen flash DIR`), then press the board's reset button",
            )
        return data


def _finish(
    command: list[str], data: bytes, timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=data, capture_output=True, timeout=timeout_s)
    except OSError as error:
        raise McugenError(
            f"cannot start {command[0]}: {error.strerror}",
            "on Debian or Ubuntu: apt install qemu-system-arm\nmcugen doctor  lists what is missing"
            if command[0].startswith("qemu")
            else "build it again",
        ) from None
    except subprocess.TimeoutExpired:
        raise McugenError(f"the firmware did not finish within {timeout_s:g} s") from None


def _answers(
    data: bytes,
    requests: Sequence[Frame],
    done: subprocess.CompletedProcess[bytes],
    watch: Watcher | None,
) -> list[Frame]:
    """The frames in what a finished firmware wrote, one a request."""
    frames: list[Frame] = []
    try:
        frames.extend(decode_stream(data))
    except McugenError:
        # After a crash its report says more than the answer that breaks off.
        if done.returncode == 0:
            raise
    _check_order(frames, requests)
    if done.returncode != 0 or len(frames) != len(requests):
        tail = (done.stderr or b"").decode("utf-8", "replace").strip().splitlines()[-3:]
        raise McugenError(
            f"the firmware stopped with exit code {done.returncode} after {len(frames)} of "
            f"{len(requests)} answers",
            "\n".join(tail),
        )
    if watch:
        watch(len(frames), len(requests))
    return frames


def _check_order(frames: list[Frame], requests: Sequence[Frame]) -> None:
    for answer, request in zip(frames, requests, strict=False):
        if answer.command != request.command:
            raise McugenError(
                f"the firmware answered {answer.command.name} to {request.command.name}",
                "press the board's reset button, and try again",
            )
