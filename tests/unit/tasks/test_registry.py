"""Tasks by name and by file, the example that users copy among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.tasks import TASKS, load_task

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "gestures"
MINIMAL = """
from mcugen.tasks import Task

class Mine(Task):
    name = "mine"
    architecture = "digits"

    def load(self, folder, input_shape, *, seed=0, progress=None):
        raise NotImplementedError
"""


@pytest.mark.parametrize("name", TASKS)
def test_named_tasks_have_architectures_that_exist(name: str) -> None:
    task = load_task(name)
    assert task.name == name
    assert read_architecture(task.architecture).layers


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(InputRejected, match="there is no task 'kvs'") as caught:
        load_task("kvs")
    assert "did you mean kws?" in caught.value.hint


def test_a_file_with_a_task(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINIMAL)
    assert load_task(str(tmp_path / "mine.py")).name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "it defines none"),
        (MINIMAL + MINIMAL.replace("Mine", "Other"), "it defines Mine, Other"),
        (MINIMAL.replace("load", "read"), "abstract"),
        (MINIMAL.replace('name = "mine"', ""), "lacks name"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("class", "SyntaxError"),
    ],
)
def test_a_file_without_a_usable_task_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputRejected, match=message):
        load_task(str(tmp_path / "mine.py"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="there is no file"):
        load_task(str(tmp_path / "mine.py"))


class TestExample:
    def test_it_loads_without_a_folder(self) -> None:
        task = load_task(str(EXAMPLE / "task.py"))
        shape = read_architecture(str(EXAMPLE / "arch.json")).input
        data = task.load(None, shape)
        assert data.synthetic
        assert data.train.features.shape == (1400, *shape)
        assert len(data.validation) == len(data.test) == 300

    def test_it_reads_a_folder_and_counts_what_it_cannot_use(self, tmp_path: Path) -> None:
        task = load_task(str(EXAMPLE / "task.py"))
        for gesture in ("circle", "shake", "tap", "still"):
            (tmp_path / gesture).mkdir()
            for i in range(5):
                np.savetxt(tmp_path / gesture / f"{i}.csv", np.full((64, 3), i), delimiter=",")
        (tmp_path / "tap" / "0.csv").write_text("1,2,3\n")
        (tmp_path / "tap" / "1.csv").write_text("no numbers")
        data = task.load(tmp_path, (64, 3, 1))
        assert len(data.train) + len(data.validation) + len(data.test) == 18
        assert [p.split(":")[0] for p in data.problems] == [
            str(tmp_path / "tap" / "0.csv"),
            str(tmp_path / "tap" / "1.csv"),
        ]

    def test_a_gesture_without_recordings_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputRejected, match="circle has no recording"):
            load_task(str(EXAMPLE / "task.py")).load(tmp_path, (64, 3, 1))
