"""Recordings on their way to features: shift, noise and silence, and files that cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.tasks.cache import data_dir
from mcugen.tasks.kws import Kws, recordings
from mcugen.tasks.kws.labels import SILENCE
from mcugen.tasks.kws.speech_commands import index_folder
from tests.unit.tasks.kws.folders import TRAIN, beep, write_folder

SHAPE = (49, 10, 1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "words")


def test_load(folder: Path) -> None:
    data = Kws().load(folder, SHAPE, seed=3)
    assert data.train.features.shape == (12 * recordings.TRAIN_VERSIONS, *SHAPE)
    for split in (data.validation, data.test):
        assert split.features.dtype == np.float32
        assert sorted(split.labels) == list(range(12))
    assert not data.synthetic
    assert data.problems == ()
    assert "a hash of the speakers' names" in data.description


def test_the_same_seed_gives_the_same_features(folder: Path) -> None:
    first = Kws().load(folder, SHAPE, seed=3)
    shutil.rmtree(data_dir())
    again = Kws().load(folder, SHAPE, seed=3)
    other = Kws().load(folder, SHAPE, seed=4)
    assert np.array_equal(first.train.features, again.train.features)
    assert not np.array_equal(first.train.features, other.train.features)


def test_features_are_kept(folder: Path) -> None:
    first = Kws().load(folder, SHAPE)
    (kept,) = data_dir().iterdir()
    again = Kws().load(folder, SHAPE)
    assert [kept] == list(data_dir().iterdir())
    assert np.array_equal(first.test.features, again.test.features)


def test_training_recordings_vary_and_test_recordings_do_not(folder: Path) -> None:
    data = Kws().load(folder, SHAPE)
    yes = data.train.features[data.train.labels == 2]
    assert not np.array_equal(yes[0], yes[1])
    # The beep of `yes` begins at once: nothing is shifted, and no noise comes before its end.
    energy = data.test.features[data.test.labels == 2][0, :, 0, 0]
    assert energy[:8].min() > energy[12:].max() + 10


def test_bad_files_are_left_out_and_named(folder: Path) -> None:
    for i, content in enumerate((b"", b"text", beep(300, rate=8_000), beep(300, rate=8_000))):
        (folder / "yes" / f"{TRAIN}_nohash_{i + 1}.wav").write_bytes(content)
    data = Kws().load(folder, SHAPE)
    assert sorted(data.problems) == [
        f"1 file left out: an empty file (such as yes/{TRAIN}_nohash_1.wav)",
        f"1 file left out: not a WAV file (such as yes/{TRAIN}_nohash_2.wav)",
        f"2 files left out: 8,000 samples a second instead of 16,000 "
        f"(such as yes/{TRAIN}_nohash_3.wav)",
    ]


def test_a_class_whose_files_are_all_bad(folder: Path) -> None:
    for path in (folder / "yes").iterdir():
        path.write_bytes(beep(300, rate=44_100))
    with pytest.raises(InputRejected, match="no usable recording of yes for the train") as caught:
        Kws().load(folder, SHAPE)
    assert "3 files left out: 44,100 samples a second instead of 16,000" in caught.value.hint


def test_without_background_noise_some_is_made(tmp_path: Path) -> None:
    data = Kws().load(write_folder(tmp_path / "words", noise=False), SHAPE)
    silence = data.test.features[data.test.labels == SILENCE]
    assert silence[:, :, 0].min() > -100
    assert "the noise is made up" in data.description


def test_digital_silence_has_features_like_a_quiet_room(folder: Path) -> None:
    (folder / "_background_noise_" / "fan.wav").write_bytes(beep(0, seconds=20))
    index = index_folder(folder, 0)
    prepared = recordings.prepare(recordings.batches(index, "test", 0)[0])
    # Without dither the first coefficient would be -247, and an int8 input would be lost on it.
    assert prepared.features[prepared.labels == SILENCE].min() > -100


def test_another_input_is_refused(folder: Path) -> None:
    with pytest.raises(InputRejected, match=r"inputs of \[49, 10, 1\], the network takes \[32"):
        Kws().load(folder, (32, 32, 1))
