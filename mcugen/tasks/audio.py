"""WAV files, read and written with numpy alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected

Audio = npt.NDArray[np.float32]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


class BadWav(InputRejected):
    """A WAV file that cannot be used; the message says why, without the file's name."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Samples [samples, channels] in -1 … 1, `rate` of them a second."""

    rate: int
    samples: Audio


def read_wav(path: Path) -> Recording:
    """Integers of 16, 24 or 32 bits, or float32; any rate and number of channels.

    A file that was cut short gives the samples that it has. Raises BadWav.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadWav(f"not readable: {error.strerror or error}") from None
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadWav("not a WAV file" if data else "an empty file")
    chunks = _chunks(data)
    header = chunks.get(b"fmt ", b"")
    if len(header) < 16 or b"data" not in chunks:
        raise BadWav("a WAV file without samples")
    code, channels, rate, _, width, bits = struct.unpack_from("<HHIIHH", header)
    if code == _EXTENSIBLE and len(header) >= 26:
        (code,) = struct.unpack_from("<H", header, 24)
    if not channels or not rate or width * 8 != channels * bits:
        raise BadWav("a WAV file with a malformed header")
    samples = _decode(chunks[b"data"], code, bits)
    whole = len(samples) // channels * channels
    return Recording(rate, samples[:whole].reshape(-1, channels))


def read_clip(path: Path, rate: int, channel: int | None = None) -> Audio:
    """Samples [samples] of a mono file, or of one channel of a file with more.

    Raises BadWav for another rate than `rate` in Hz, for several channels if `channel` is None, for
    a channel that is missing, and for a file without samples or with some that are not finite.
    """
    recording = read_wav(path)
    channels = recording.samples.shape[1]
    if recording.rate != rate:
        raise BadWav(f"{recording.rate:,} samples a second instead of {rate:,}")
    if channel is None and channels != 1:
        raise BadWav(f"{channels} channels instead of one")
    if channel is not None and channel >= channels:
        raise BadWav(f"no channel {channel}")
    clip = recording.samples[:, channel or 0]
    if not len(clip):
        raise BadWav("a WAV file without samples")
    if not np.isfinite(clip).all():
        raise BadWav("samples that are not finite numbers")
    return clip


def wav_bytes(clip: Audio, rate: int) -> bytes:
    """A mono WAV file of 16 bits; samples beyond -1 … 1 are cut."""
    codes = np.clip(np.rint(clip * 32_768), -32_768, 32_767).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(codes)) + codes
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The first chunk of each name; the last one may be shorter than it says."""
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        found.setdefault(name, data[place + 8 : place + 8 + size])
        place += 8 + size + size % 2
    return found


def _decode(data: bytes, code: int, bits: int) -> Audio:
    def values(kind: str) -> npt.NDArray[Any]:
        size = np.dtype(kind).itemsize
        return np.frombuffer(data[: len(data) // size * size], kind)

    if (code, bits) == (_PCM, 16):
        return values("<i2").astype(np.float32) / np.float32(2**15)
    if (code, bits) == (_PCM, 24):
        parts = values("u1")[: len(data) // 3 * 3].reshape(-1, 3)
        # Three bytes become the upper ones of an int32.
        wide = np.pad(parts, ((0, 0), (1, 0))).view("<i4")[:, 0]
        return (wide / 2.0**31).astype(np.float32)
    if (code, bits) == (_PCM, 32):
        return (values("<i4") / 2.0**31).astype(np.float32)
    if (code, bits) == (_FLOAT, 32):
        return values("<f4").astype(np.float32)
    raise BadWav(f"samples in a form that is not supported (format {code}, {bits} bits)")
