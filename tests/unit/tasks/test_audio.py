"""WAV files: every form that is supported, and a reason for each that is not."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mcugen.tasks.audio import BadWav, read_clip, read_wav, wav_bytes

RAMP = np.linspace(-1, 0.999, 64).astype(np.float32)


def _file(
    folder: Path, data: bytes, code: int, bits: int, channels: int = 1, extra: bytes = b""
) -> Path:
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, 16_000, 16_000 * width, width, bits) + extra
    chunks = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in ((b"fmt ", form), (b"LIST", b"odd"), (b"data", data))
    )
    path = folder / "x.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav_bytes(RAMP, 16_000))
    assert np.abs(read_clip(path, 16_000) - RAMP).max() <= 2.0**-16
    with wave.open(str(path)) as file:  # the standard library agrees
        assert file.getparams()[:4] == (1, 2, 16_000, 64)


def test_loud_samples_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav_bytes(np.array([-2, 2], np.float32), 16_000))
    assert read_clip(path, 16_000).tolist() == [-1.0, 32_767 / 32_768]


def _pcm24(values: npt.NDArray[np.float32]) -> bytes:
    return b"".join(int(v * 2**23).to_bytes(3, "little", signed=True) for v in values)


@pytest.mark.parametrize(
    ("code", "bits", "data"),
    [
        (1, 16, (RAMP * 2**15).astype("<i2").tobytes()),
        (1, 24, _pcm24(RAMP)),
        (1, 32, (RAMP.astype(float) * 2**31).astype("<i4").tobytes()),
        (3, 32, RAMP.astype("<f4").tobytes()),
    ],
)
def test_forms_of_samples(tmp_path: Path, code: int, bits: int, data: bytes) -> None:
    np.testing.assert_allclose(
        read_clip(_file(tmp_path, data, code, bits), 16_000), RAMP, atol=2**-15
    )


def test_extensible_with_eight_channels(tmp_path: Path) -> None:
    codes = np.arange(80, dtype="<i2").reshape(10, 8)
    extra = struct.pack("<HHIH", 22, 16, 0xFF, 1) + bytes(14)
    path = _file(tmp_path, codes.tobytes(), 0xFFFE, 16, channels=8, extra=extra)
    assert read_wav(path).samples.shape == (10, 8)
    assert (read_clip(path, 16_000, channel=3) * 2**15).tolist() == codes[:, 3].tolist()
    with pytest.raises(BadWav, match="8 channels instead of one"):
        read_clip(path, 16_000)
    with pytest.raises(BadWav, match="no channel 8"):
        read_clip(path, 16_000, channel=8)


def test_a_file_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav_bytes(RAMP, 16_000)[:-31])
    assert len(read_clip(path, 16_000)) == 48


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (b"OggS" + bytes(40), "not a WAV file"),
        (wav_bytes(RAMP, 16_000)[:30], "without samples"),
        (wav_bytes(RAMP[:0], 16_000), "without samples"),
        (wav_bytes(RAMP, 44_100), "44,100 samples a second instead of 16,000"),
        (wav_bytes(RAMP, 0), "malformed header"),
    ],
)
def test_reasons(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(BadWav, match=reason):
        read_clip(path, 16_000)


def test_reasons_of_forms(tmp_path: Path) -> None:
    with pytest.raises(BadWav, match=r"not supported \(format 6, 8 bits\)"):
        read_clip(_file(tmp_path, bytes(8), 6, 8), 16_000)
    with pytest.raises(BadWav, match="not finite"):
        read_clip(_file(tmp_path, np.array([np.nan], "<f4").tobytes(), 3, 32), 16_000)
    with pytest.raises(BadWav, match="not readable: No such file"):
        read_clip(tmp_path / "absent.wav", 16_000)


def test_no_bytes_end_in_a_traceback(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = np.frombuffer(wav_bytes(RAMP, 16_000), np.uint8)
    path = tmp_path / "x.wav"
    for _ in range(300):
        data = whole.copy()
        data[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        path.write_bytes(data[: rng.integers(len(data) + 1)].tobytes())
        try:
            read_clip(path, 16_000)
        except BadWav as bad:
            assert bad.message
