"""Networks that have learnt from other data are refused, unless the same examples are held out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.tasks.base import Data, Split
from mcugen.train.origin import DataOrigin

EMPTY = Split(np.zeros((0, 1), np.float32), np.zeros(0, np.int32))
DATA = Data(EMPTY, EMPTY, EMPTY, ("yes", "no"), "made up", synthetic=True)
ORIGIN = DataOrigin.of("t", "synthetic", 3, DATA)


def json_of(origin: DataOrigin) -> object:
    return json.loads(json.dumps(origin.to_json()))


def test_the_same_data() -> None:
    ORIGIN.check(json_of(ORIGIN), "runs/x", "--from")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": "u"}, 'task: "u" there, "t" here'),
        ({"source": "/data"}, 'source: "/data" there, "synthetic" here'),
        ({"seed": 4}, "seed: 4 there, 3 here"),
        ({"classes": ("no", "yes")}, 'classes: ["no", "yes"] there'),
    ],
)
def test_other_data_are_named(changes: dict[str, object], told: str) -> None:
    other = dataclasses.replace(ORIGIN, **changes)
    with pytest.raises(InputRejected) as caught:
        ORIGIN.check(json_of(other), "runs/x", "--from")
    assert "'runs/x' was trained on other data" in caught.value.message
    assert told in caught.value.message and "--from" in caught.value.hint


def test_the_seed_does_not_count_where_it_holds_nothing_out() -> None:
    data = dataclasses.replace(DATA, held_out_by_seed=False)
    one, two = (DataOrigin.of("t", "synthetic", seed, data) for seed in (1, 2))
    one.check(json_of(two), "runs/x", "--from")


def test_a_folder_is_the_same_by_any_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    near, far = (DataOrigin.of("t", path, 0, DATA) for path in ("data", str(tmp_path / "data")))
    near.check(json_of(far), "runs/x", "--from")


@pytest.mark.parametrize("found", [None, "kws", {}, {"task": "t"}])
def test_a_checkpoint_that_does_not_say(found: object) -> None:
    with pytest.raises(InputRejected, match="does not say what data"):
        ORIGIN.check(found, "runs/x", "--distill-from")
