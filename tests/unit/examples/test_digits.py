"""The committed digits example: the files are what its README says they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

DIGITS = Path(__file__).resolve().parents[3] / "examples" / "digits"
MODEL = DIGITS / "digits.tflite"


@pytest.fixture(scope="module")
def samples() -> dict[str, npt.NDArray[Any]]:
    with np.load(DIGITS / "samples.npz") as archive:
        return dict(archive)


def test_model_is_a_small_tflite_file() -> None:
    content = MODEL.read_bytes()
    assert content[4:8] == b"TFL3"
    assert len(content) < 40 * 1024


def test_samples_are_int8_images_with_labels(samples: dict[str, npt.NDArray[Any]]) -> None:
    inputs, labels = samples["inputs"], samples["labels"]
    assert inputs.dtype == np.int8
    assert inputs.shape[1:] == (8, 8, 1)
    assert len(inputs) == len(labels) >= 60
    assert set(labels.tolist()) == set(range(10))


def test_samples_are_as_accurate_as_promised_in_tflm(
    samples: dict[str, npt.NDArray[Any]],
) -> None:
    tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    interpreter = tflm.Interpreter.from_file(str(MODEL))
    correct = 0
    for image, label in zip(samples["inputs"], samples["labels"], strict=True):
        interpreter.set_input(image[np.newaxis], 0)
        interpreter.invoke()
        correct += int(np.argmax(interpreter.get_output(0)) == label)
    assert correct / len(samples["labels"]) >= 0.95
