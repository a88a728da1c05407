"""The digits: every image once, in the right split, whatever the seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.tasks import load_task

pytestmark = pytest.mark.train
pytest.importorskip("sklearn")


def test_every_image_is_in_one_split() -> None:
    data = load_task("digits").load(None, (8, 8, 1), seed=3)
    splits = (data.train, data.validation, data.test)
    images = np.concatenate([split.features for split in splits])
    everything = load_task("digits").load(None, (8, 8, 1), seed=4)
    others = np.concatenate(
        [s.features for s in (everything.train, everything.validation, everything.test)]
    )
    assert images.shape == (1797, 8, 8, 1)
    assert sorted(map(bytes, images)) == sorted(map(bytes, others))
    assert [len(split) for split in splits] == [899, 449, 449]
    assert 0.0 <= images.min() < images.max() <= 1.0
    assert not data.synthetic
    assert set(data.test.labels) == set(range(len(data.classes)))


def test_the_seed_draws_the_split() -> None:
    task = load_task("digits")
    first, again, other = (task.load(None, (8, 8, 1), seed=s).test.features for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_its_architecture_takes_its_images() -> None:
    task = load_task("digits")
    assert read_architecture(task.architecture).input == (8, 8, 1)


def test_another_input_or_a_folder_is_refused() -> None:
    task = load_task("digits")
    with pytest.raises(InputRejected, match="digits are"):
        task.load(None, (16, 16, 1))
    with pytest.raises(InputRejected, match="own images"):
        task.load(Path("somewhere"), (8, 8, 1))
