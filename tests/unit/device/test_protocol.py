"""Frames: what is decoded, and that whatever is damaged is an error and never an answer."""

from __future__ import annotations

import struct
import zlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mcugen.device.protocol import (
    HEADER,
    Command,
    Frame,
    Info,
    decode_body,
    decode_header,
    decode_stream,
)
from mcugen.errors import McugenError


def answer(command: int, payload: bytes = b"", kind: int = 0x80) -> bytes:
    """A response as the firmware sends it."""
    header = HEADER.pack(b"MCGN", command | kind << 24, len(payload))
    return header + payload + struct.pack("<I", zlib.crc32(payload))


def test_request() -> None:
    assert Frame(Command.RUN, b"ab").encode() == (
        b"MCGN\x02\0\0\0\x02\0\0\0ab" + struct.pack("<I", zlib.crc32(b"ab"))
    )


@given(st.lists(st.tuples(st.sampled_from(Command), st.binary(max_size=40)), max_size=5))
def test_stream(frames: list[tuple[Command, bytes]]) -> None:
    data = b"".join(answer(command, payload) for command, payload in frames)
    assert list(decode_stream(data)) == [Frame(*frame) for frame in frames]


@given(st.binary(max_size=20), st.data())
def test_every_cut_is_an_error(payload: bytes, data: st.DataObject) -> None:
    whole = answer(Command.RUN, payload)
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(McugenError, match="breaks off"):
        list(decode_stream(whole[:cut]))


@given(st.binary(min_size=1, max_size=20), st.data())
def test_every_flipped_bit_of_the_payload_is_an_error(payload: bytes, data: st.DataObject) -> None:
    whole = bytearray(answer(Command.RUN, payload))
    bit = data.draw(st.integers(8 * HEADER.size, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(McugenError, match="damaged"):
        list(decode_stream(bytes(whole)))


@given(st.binary(max_size=200))
def test_noise_is_an_error_or_nothing(data: bytes) -> None:
    try:
        frames = list(decode_stream(data))
    except McugenError:
        return
    assert b"".join(answer(f.command, f.payload) for f in frames) == data


@pytest.mark.parametrize(
    "header",
    [
        HEADER.pack(b"mcgn", 2 | 0x80 << 24, 0),
        HEADER.pack(b"MCGN", 2, 0),  # a request: the port echoes
        HEADER.pack(b"MCGN", 2 | 0x81 << 24, 0),
        HEADER.pack(b"MCGN", 2 | 0x80 << 24, 0xFFFFFFFF),
        b"\xff" * 12,
    ],
)
def test_not_a_frame(header: bytes) -> None:
    with pytest.raises(McugenError, match="not a frame"):
        decode_header(header)


@pytest.mark.parametrize("command", [0, 7, 0xFFFFFF])
def test_unknown_command(command: int) -> None:
    with pytest.raises(McugenError, match="unknown command"):
        list(decode_stream(answer(command)))


def test_refusal() -> None:
    with pytest.raises(McugenError, match="refused: no such layer"):
        list(decode_stream(answer(Command.LAYER, b"no such layer", 0xC0)))
    with pytest.raises(McugenError, match="refused"):
        decode_body(0xC0, 99, b"\xff\xfe" + struct.pack("<I", zlib.crc32(b"\xff\xfe")))


def test_info() -> None:
    payload = struct.pack("<5I", 1, 2, 3, 4, 5) + b"0123456789abcdef"
    assert Info.decode(payload) == Info(1, 2, 3, 4, 5, "0123456789abcdef")
    assert Info.decode(payload[:20] + b"\xff").model_hash == "\ufffd"
    with pytest.raises(McugenError, match="too short"):
        Info.decode(payload[:19])
