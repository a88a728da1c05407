"""Requests reach a firmware and its answers come back, or an error says what happened instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from mcugen.boards import load_board
from mcugen.device.protocol import HEADER, Command, Frame
from mcugen.device.transport import EmulatorTransport, HostTransport, SerialTransport
from mcugen.errors import McugenError
from tests.unit.device.test_protocol import answer

REQUESTS = [Frame(Command.INFO), Frame(Command.RUN, b"abc")]
ANSWERS = answer(Command.INFO, b"info") + answer(Command.RUN, b"result")

Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes an executable that runs Python with `read()` and `write(data)` at hand."""

    def make(body: str) -> Path:
        path = tmp_path / "fire ware.elf"
        path.write_text(
            f"#!{sys.executable}\nimport os, sys, time\n"
            "read = sys.stdin.buffer.read\n"
            "write = lambda data: (sys.stdout.buffer.write(data), sys.stdout.flush())\n" + body
        )
        path.chmod(0o755)
        return path

    return make


def test_host(program: Program) -> None:
    expected = b"".join(r.encode() for r in REQUESTS)
    elf = program(f"assert read() == {expected!r}\nwrite({ANSWERS!r})")
    watched: list[tuple[int, int]] = []
    frames = HostTransport(elf).exchange(REQUESTS, lambda *step: watched.append(step))
    assert [f.payload for f in frames] == [b"info", b"result"]
    assert watched == [(2, 2)]


def test_relative_path(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    elf = program(f"write({ANSWERS!r})")
    monkeypatch.chdir(elf.parent)
    assert len(HostTransport(Path(elf.name)).exchange(REQUESTS)) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "stopped with exit code 0 after 0 of 2 answers"),
        (f"write({ANSWERS[:20]!r})", "stopped with exit code 0 after 1 of 2 answers"),
        (f"write({ANSWERS[:25]!r})", "breaks off"),
        (f"write({ANSWERS * 2!r})", "after 4 of 2 answers"),
        ("write(b'Hello, world!')", "not a frame"),
        (f"write({answer(Command.INFO, b'no', 0xC0)!r})", "refused: no"),
        (f"write({answer(Command.RUN) + answer(Command.INFO)!r})", "answered RUN to INFO"),
        (f"write({ANSWERS[:25]!r}); sys.exit(3)", "exit code 3 after 1 of 2 answers"),
        (f"write({ANSWERS!r}); sys.exit(3)", "exit code 3 after 2 of 2 answers"),
        ("os.kill(os.getpid(), 11)", "exit code -11 after 0 of 2 answers"),
    ],
)
def test_failures(program: Program, body: str, message: str) -> None:
    with pytest.raises(McugenError, match=message):
        HostTransport(program(body)).exchange(REQUESTS)


def test_a_crash_shows_its_last_words(program: Program) -> None:
    elf = program("sys.stderr.write('1\\n2\\nmcugen: fault, exception 3\\n\\n'); sys.exit(131)")
    with pytest.raises(McugenError) as error:
        HostTransport(elf).exchange(REQUESTS)
    assert error.value.hint == "1\n2\nmcugen: fault, exception 3"


def test_hanging_firmware(program: Program) -> None:
    with pytest.raises(McugenError, match=r"did not finish within 0\.2 s"):
        HostTransport(program("time.sleep(60)"), timeout_s=0.2).exchange(REQUESTS)


def test_no_firmware(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="cannot start"):
        HostTransport(tmp_path / "nothing.elf").exchange(REQUESTS)
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "data").chmod(0o755)
    with pytest.raises(McugenError, match="cannot start"):
        HostTransport(tmp_path / "data").exchange(REQUESTS)


def test_emulator(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    elf = program(
        "request, response = sys.argv[1:]\n"
        f"assert open(request, 'rb').read() == {b''.join(r.encode() for r in REQUESTS)!r}\n"
        f"open(response, 'wb').write({ANSWERS!r})\n"
    )
    board = load_board("qemu_m4")
    monkeypatch.setattr(type(board), "emulator_command", lambda _, elf, args: [str(elf), *args])
    assert len(EmulatorTransport(board, elf).exchange(REQUESTS)) == 2


def test_no_emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(McugenError, match="cannot start qemu-system-arm") as error:
        EmulatorTransport(load_board("qemu_m4"), tmp_path / "x.elf").exchange(REQUESTS)
    assert "mcugen doctor" in error.value.hint


class Port:
    """A serial port: gives `data` once it has been asked for something."""

    data = ANSWERS
    error: Exception | None = None

    def __init__(self, name: str, baud: int, **limits: float) -> None:
        assert (name, baud, set(limits)) == ("/dev/tty0", 921600, {"timeout", "write_timeout"})
        self._left, self._waiting = self.data, b"rest of an earlier session"

    def __enter__(self) -> Port:
        if self.error:
            raise self.error
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def reset_input_buffer(self) -> None:
        self._waiting = b""

    def write(self, data: bytes) -> None:
        size = 12 + HEADER.unpack(data[:12])[2] + 4
        assert len(data) == size
        self._waiting += self._left
        self._left = b""

    def read(self, size: int) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


def exchange(monkeypatch: pytest.MonkeyPatch, data: bytes, error: Any = None) -> list[Frame]:
    monkeypatch.setattr(Port, "data", data)
    monkeypatch.setattr(Port, "error", error)
    monkeypatch.setattr(serial, "Serial", Port)
    return SerialTransport("/dev/tty0", 921600, timeout_s=1).exchange(REQUESTS)


def test_serial(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [f.payload for f in exchange(monkeypatch, ANSWERS)] == [b"info", b"result"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no answer from the board on /dev/tty0 within 1 s"),
        (ANSWERS[:-1], "no answer"),
        (b"\0" * 100, "not a frame"),
        (b"".join(r.encode() for r in REQUESTS), "not a frame"),  # an echo
        (ANSWERS.replace(b"result", b"resulT"), "damaged"),
        (answer(Command.RUN), "answered RUN to INFO"),
    ],
)
def test_serial_failures(monkeypatch: pytest.MonkeyPatch, data: bytes, message: str) -> None:
    with pytest.raises(McugenError, match=message):
        exchange(monkeypatch, data)


@pytest.mark.parametrize(
    "error", [serial.SerialException("no such port"), OSError(13, "Permission denied")]
)
def test_serial_port_that_does_not_open(monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    with pytest.raises(McugenError, match="serial port /dev/tty0") as found:
        exchange(monkeypatch, b"", error)
    assert "dialout" in found.value.hint
