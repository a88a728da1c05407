"""`data check` refuses what a training would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.datasets import check_data_folder
from mcugen.errors import InputRejected

TASK = """
import numpy as np
from mcugen.tasks import Data, Split, Task

class Mine(Task):
    name = "mine"
    architecture = "digits"

    def load(self, folder, input_shape, *, seed=0, progress=None):
        splits = [Split(np.zeros((6, *input_shape), np.{dtype}), LABELS) for _ in range(3)]
        return Data(*splits, classes=("a", "b"), description="zeros", synthetic=True)

LABELS = np.arange(6, dtype=np.int32) % {classes}
"""


def write(folder: Path, dtype: str = "float32", classes: int = 2) -> str:
    path = folder / "task.py"
    path.write_text(TASK.format(dtype=dtype, classes=classes))
    return str(path)


def test_what_can_be_trained_on_is_counted(tmp_path: Path) -> None:
    checked = check_data_folder(write(tmp_path), tmp_path)
    assert checked.splits["test"].by_class == {"a": 3, "b": 3}


@pytest.mark.parametrize(
    ("dtype", "classes", "message"),
    [
        ("float64", 2, "task mine, train split: the examples are float64, not float32"),
        ("float32", 1, "task mine, train split: no example of the class b"),
        ("float32", 3, "labels from 0 to 2; 2 classes"),
    ],
)
def test_what_cannot_is_refused(tmp_path: Path, dtype: str, classes: int, message: str) -> None:
    with pytest.raises(InputRejected, match=message):
        check_data_folder(write(tmp_path, dtype, classes), tmp_path)
