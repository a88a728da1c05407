"""A task of one's own: gestures from a 3-axis accelerometer. Copy it and change what differs.

    mcugen train examples/gestures/arch.json --task examples/gestures/task.py -o runs/gestures

A folder given with --data holds one folder a gesture, with recordings as CSV files: 64 lines of
x,y,z in g, 50 a second. Without one, `load` makes recordings up, so that everything can be tried.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks import Data, Recipe, Shift, Split, Task

SAMPLES = 64
SHAPE = (SAMPLES, 3, 1)  # time, axis, one channel
GESTURES = ("circle", "shake", "tap", "still")
MADE_UP = 500  # recordings of each gesture

Recordings = npt.NDArray[np.float32]


class Gestures(Task):
    """Four gestures; recordings are shuffled into 70 % training, 15 % validation, 15 % test."""

    name = "gestures"
    architecture = str(Path(__file__).with_name("arch.json"))
    augmentations = (Shift(rows=6, columns=0),)  # a gesture may begin a little earlier or later
    recipe = Recipe(epochs=20, qat_epochs=6, batch=64)

    def load(
        self,
        folder: Path | None,
        input_shape: tuple[int, ...],
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        if input_shape != SHAPE:
            raise InputRejected(
                f"gestures are {list(SHAPE)}, the network takes {list(input_shape)}"
            )
        rng = np.random.default_rng(seed)
        problems: list[str] = []
        recordings, labels = [], []
        for label, gesture in enumerate(GESTURES):
            progress("gestures", label, len(GESTURES))
            found = made_up(gesture, rng) if folder is None else read(folder / gesture, problems)
            recordings.append(found)
            labels.append(np.full(len(found), label, np.int32))
        features, targets = np.concatenate(recordings)[..., np.newaxis], np.concatenate(labels)
        order = rng.permutation(len(features))
        parts = np.split(order, [len(order) * 70 // 100, len(order) * 85 // 100])
        train, validation, test = (Split(features[part], targets[part]) for part in parts)
        return Data(
            train,
            validation,
            test,
            classes=GESTURES,
            description="made-up accelerometer recordings" if folder is None else str(folder),
            synthetic=folder is None,
            problems=tuple(problems),
        )


def read(folder: Path, problems: list[str]) -> Recordings:
    """All recordings of one gesture, [n, 64, 3] in g; what cannot be used goes into `problems`."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        try:
            values = np.loadtxt(path, np.float32, delimiter=",")
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {error}")
            continue
        if values.shape != (SAMPLES, 3):
            problems.append(f"{path}: {values.shape} instead of {SAMPLES} lines of x,y,z")
            continue
        found.append(values)
    if not found:
        raise InputRejected(f"{folder} has no recording that can be used", "\n".join(problems[:3]))
    return np.stack(found)


def made_up(gesture: str, rng: np.random.Generator) -> Recordings:
    """Recordings of a gesture, [n, 64, 3] in g: a movement, gravity, and noise."""
    seconds = np.arange(SAMPLES) / 50
    shape = (MADE_UP, 1)
    speed, phase = rng.uniform(1, 2.5, shape), rng.uniform(0, 2 * np.pi, shape)
    size = rng.uniform(0.3, 1.2, shape)
    turn = 2 * np.pi * speed * seconds + phase
    motion = np.zeros((MADE_UP, SAMPLES, 3))
    if gesture == "circle":
        motion[..., 0], motion[..., 1] = size * np.cos(turn), size * np.sin(turn)
    elif gesture == "shake":
        motion[..., 0] = size * np.sin(2 * turn)
    elif gesture == "tap":
        motion[..., 2] = 2 * size * np.exp(-((seconds - rng.uniform(0.3, 1, shape)) ** 2) / 0.002)
    gravity = rng.normal((0, 0, 1), 0.15, (MADE_UP, 1, 3))
    noise = rng.normal(0, 0.25, motion.shape)
    return (motion + gravity + noise).astype(np.float32)
