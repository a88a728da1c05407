"""Small folders in the layouts that ad reads: a second or two of hum instead of machines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.tasks.audio import wav_bytes


def sine(hertz: float, rate: int, seconds: float) -> npt.NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("f4")


def hum(hertz: float = 100.0, seconds: float = 2.1, rate: int = 16_000) -> bytes:
    """Two seconds are one window."""
    return wav_bytes(sine(hertz, rate, seconds), rate)


HUM = hum()


def write(path: Path, content: bytes = HUM) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def dcase(
    folder: Path, units: int = 2, train: int = 4, test: int = 2, content: bytes = HUM
) -> Path:
    """So many recordings of every unit to train with, and of each kind to test with."""
    for unit in range(units):
        for i in range(train):
            write(folder / "train" / f"normal_id_{unit:02d}_{i:08d}.wav", content)
        for i in range(test):
            for kind in ("normal", "anomaly"):
                write(folder / "test" / f"{kind}_id_{unit:02d}_{i:08d}.wav", content)
    return folder


def mimii(folder: Path, normal: int = 6, abnormal: int = 2) -> Path:
    for unit in ("id_00", "id_02"):
        for kind, count in (("normal", normal), ("abnormal", abnormal)):
            for i in range(count):
                write(folder / unit / kind / f"{i:08d}.wav")
    return folder


def toyadmos(folder: Path, rate: int = 48_000) -> Path:
    for unit in ("case1", "case2"):
        for kind, count in (("NormalSound_IND", 6), ("AnomalousSound_IND", 2)):
            for i in range(count):
                write(folder / unit / kind / f"{i}_ch1.wav", hum(rate=rate))
    return folder
