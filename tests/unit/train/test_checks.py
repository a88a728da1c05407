"""Data that nothing can be learnt from is refused before training, with the place named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.tasks.base import Data, Split
from mcugen.train.checks import check_data, check_memory

SHAPE = (4, 3, 1)


def split(count: int = 6) -> Split:
    return Split(np.zeros((count, *SHAPE), np.float32), np.arange(count, dtype=np.int32) % 2)


def data(**changes: object) -> Data:
    good = Data(split(), split(), split(), ("yes", "no"), "made up", synthetic=True)
    return dataclasses.replace(good, **changes)


def test_good_data_pass() -> None:
    check_data(data(), SHAPE, "t")


def nan() -> Split:
    bad = split()
    bad.features[2, 1] = np.nan
    return bad


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test": split(0)}, "task t, test split: it is empty"),
        ({"train": nan()}, "train split: 1 of 6 examples have values that are not finite"),
        ({"classes": ("yes", "no", "maybe")}, "train split: no example of the class maybe"),
        ({"classes": ("yes",)}, "labels from 0 to 1; 1 classes"),
        (
            {"test": Split(split().features.astype(np.float64), split().labels)},
            "test split: the examples are float64, not float32",
        ),
        (
            {"test": Split(split().features, split().labels.astype(np.float32))},
            "test split: the labels are float32, not whole numbers",
        ),
        (
            {"validation": Split(split(5).features, split(6).labels)},
            "validation split: 5 examples, 6 labels",
        ),
    ],
)
def test_bad_data_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputRejected) as caught:
        check_data(data(**changes), SHAPE, "t")
    assert message in caught.value.message


def test_a_training_set_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_memory(data(), "t")
    monkeypatch.setattr("mcugen.train.checks.available_bytes", lambda: 100)
    with pytest.raises(InputRejected, match="task t: training takes another"):
        check_memory(data(), "t")
    monkeypatch.setattr("mcugen.train.checks.available_bytes", lambda: None)
    check_memory(data(), "t")


def test_another_shape() -> None:
    with pytest.raises(InputRejected, match=r"shape \[4, 3, 1\], the network takes \[8, 8, 1\]"):
        check_data(data(), (8, 8, 1), "t")


def test_an_autoencoder_needs_no_labels() -> None:
    check_data(data(classes=("normal",), target="inputs"), SHAPE, "t")
