"""Keywords that espeak-ng speaks: in data, and in a folder that the loader reads."""

from __future__ import annotations

import filecmp
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from mcugen.datasets import check_data_folder, synthesize_data
from mcugen.errors import InputRejected, McugenError
from mcugen.features.mfcc import Mfcc
from mcugen.progress import silent
from mcugen.tasks.cache import data_dir
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.kws import Kws, acoustics, synthetic, voices
from mcugen.tasks.kws.labels import CLASSES

SHAPE = (49, 10, 1)

speaks = pytest.mark.skipif(
    importlib.util.find_spec("espeakng_loader") is None, reason="espeakng_loader is not installed"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))


def test_no_voice_is_in_two_splits() -> None:
    everyone = [voice for split in voices.SPLITS.values() for voice in split]
    assert len(everyone) == len(set(everyone)) == 85
    families = {
        split: {name.rstrip("0123456789") for name in names}
        for split, names in voices.SPLITS.items()
    }
    assert not families["train"] & families["test"]
    assert not families["train"] & families["validation"]


def test_without_espeak_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(McugenError, match="espeak-ng, which is not installed") as caught:
        Kws().load(None, SHAPE)
    assert "pip install 'mcugen[data]'" in caught.value.hint


@speaks
def test_load() -> None:
    data = Kws(examples=48).load(None, SHAPE, seed=5)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [48, 12, 24]
    assert data.train.features.shape[1:] == SHAPE
    assert np.isfinite(data.train.features).all()
    assert data.train.labels[:14].tolist() == [*range(12), 0, 1]
    assert data.classes == CLASSES
    assert data.synthetic
    kept = Kws(examples=48).load(None, SHAPE, seed=5)
    assert np.array_equal(kept.test.features, data.test.features)
    shutil.rmtree(data_dir())
    again = Kws(examples=48).load(None, SHAPE, seed=5)
    assert np.array_equal(again.test.features, data.test.features)
    other = Kws(examples=48).load(None, SHAPE, seed=6)
    assert not np.array_equal(other.test.features, data.test.features)


@speaks
def test_clips() -> None:
    (clips,) = run_jobs(synthetic.speak, synthetic.batches("test", 0, 36), "speaking", silent)
    assert [clip.label for clip in clips] == synthetic.labels(36).tolist()
    for clip in clips:
        peak = np.abs(clip.audio).max()
        assert clip.audio.shape == (16_000,)
        assert 0.0999 < peak < 1.0001
        assert bool(clip.word) == (clip.label != 0)
        if clip.word:
            assert clip.speaker.split("+")[1] in voices.TEST
            assert clip.label == 1 or clip.word == CLASSES[clip.label]


@speaks
def test_a_folder_is_written_and_read(tmp_path: Path) -> None:
    written = synthesize_data("kws", tmp_path / "spoken", examples=24, seed=2)
    assert written.files == 22 + 11 + 11 + 6 + 3
    checked = check_data_folder("kws", tmp_path / "spoken")
    assert checked.synthetic
    assert checked.problems == ()
    assert checked.splits["train"].by_class["yes"] == 4
    assert checked.splits["test"].by_class["yes"] == 1
    synthesize_data("kws", tmp_path / "again", examples=24, seed=2)
    same = filecmp.dircmp(tmp_path / "spoken", tmp_path / "again")
    for folder in (same, *same.subdirs.values()):
        assert not folder.left_only
        assert not folder.right_only
        assert filecmp.cmpfiles(folder.left, folder.right, folder.common_files, False)[1:] == (
            [],
            [],
        )


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputRejected, match="exists already"):
        synthesize_data("kws", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_resampling_keeps_the_pitch() -> None:
    time = np.arange(11_025) / 22_050
    tone = np.sin(2 * np.pi * 1_000 * time)
    resampled = acoustics.resample(tone, 16_000 / 22_050)
    assert len(resampled) == pytest.approx(8_000, rel=3e-3)
    spectrum = np.abs(np.fft.rfft(resampled * np.hanning(len(resampled)), 1 << 16))
    assert np.argmax(spectrum) * 16_000 / (1 << 16) == pytest.approx(1_000, rel=3e-3)
    assert np.abs(resampled).max() == pytest.approx(1, abs=0.2)


def test_a_room_adds_an_echo() -> None:
    click = np.zeros(800, np.float32)
    click[0] = 1
    heard = acoustics.reverberate(click, np.random.default_rng(0))
    assert heard[0] > 0.9
    assert 0 < np.abs(heard[800:]).max() < 0.5


@pytest.mark.parametrize("noise", [acoustics.coloured_noise, acoustics.hum])
def test_noises_have_unit_power(noise: object) -> None:
    samples = noise(16_000, np.random.default_rng(1))  # type: ignore[operator]
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(1, abs=1e-4)
    assert Mfcc()(samples).shape == (49, 10)
