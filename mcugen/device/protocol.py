"""The frames that host and firmware exchange; the firmware's side is `templates/project/main.c.j2`.

A frame is "MCGN", command, payload size (uint32, little-endian), payload, CRC-32 of the payload.
"""

from __future__ import annotations

import enum
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mcugen.errors import McugenError

MAGIC = b"MCGN"
HEADER = struct.Struct("<4sII")
_REPLY_OK, _REPLY_ERROR = 0x80, 0xC0
_MAX_PAYLOAD_BYTES = 1 << 28
"""More than any device holds: a larger size is a damaged one."""


class Command(enum.IntEnum):
    """What a request asks for."""

    INFO = 1
    RUN = 2
    TRACE = 3
    LAYER = 4
    RESET = 5
    ARENA = 6


@dataclass(frozen=True)
class Frame:
    """One request or response."""

    command: Command
    payload: bytes = b""

    def encode(self) -> bytes:
        """The frame as it goes over the wire."""
        header = HEADER.pack(MAGIC, self.command, len(self.payload))
        return header + self.payload + struct.pack("<I", zlib.crc32(self.payload))


@dataclass(frozen=True)
class Info:
    """What the firmware says of itself; `layer_count` is 0 unless it was built to trace layers."""

    api_version: int
    arena_bytes: int
    input_bytes: int
    output_bytes: int
    layer_count: int
    model_hash: str

    @classmethod
    def decode(cls, payload: bytes) -> Info:
        """Raises McugenError if the payload is too short."""
        if len(payload) < 20:
            raise McugenError("the firmware's INFO reply is too short")
        version, arena, inputs, outputs, layers = struct.unpack_from("<5I", payload)
        model_hash = payload[20:].decode("ascii", "replace")
        return cls(version, arena, inputs, outputs, layers, model_hash)


def decode_header(header: bytes) -> tuple[int, int, int]:
    """(kind, command, payload bytes) of a response; raises McugenError if it is none."""
    magic, word, size = HEADER.unpack(header)
    kind, command = word >> 24, word & 0xFFFFFF
    if magic != MAGIC or kind not in (_REPLY_OK, _REPLY_ERROR) or size > _MAX_PAYLOAD_BYTES:
        raise McugenError(
            "the firmware's reply is not a frame",
            "another firmware may be on the device: build and flash this project again",
        )
    return kind, command, size


def decode_body(kind: int, command: int, body: bytes) -> Frame:
    """A response from its payload and checksum; an error reply raises its text."""
    payload, checksum = body[:-4], struct.unpack("<I", body[-4:])[0]
    if zlib.crc32(payload) != checksum:
        raise McugenError(
            "a reply was damaged on its way from the device",
            "try again; on a serial port, check the cable too",
        )
    if kind == _REPLY_ERROR:
        raise McugenError(f"the firmware refused: {payload.decode('ascii', 'replace')}")
    if command not in list(Command):
        raise McugenError(f"the firmware answered to an unknown command, {command}")
    return Frame(Command(command), payload)


def decode_stream(data: bytes) -> Iterator[Frame]:
    """The responses in a complete stream; raises McugenError where it breaks off or is damaged."""
    offset = 0
    while offset < len(data):
        header = data[offset : offset + HEADER.size]
        if len(header) < HEADER.size:
            raise McugenError("the firmware's reply breaks off")
        kind, command, size = decode_header(header)
        offset += HEADER.size
        body = data[offset : offset + size + 4]
        if len(body) < size + 4:
            raise McugenError("the firmware's reply breaks off")
        offset += size + 4
        yield decode_body(kind, command, body)
