"""Anomaly detection: windows, the score, folders of recordings and synthetic machines."""

from __future__ import annotations

import filecmp
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.features.log_mel import LogMel
from mcugen.tasks.ad import Ad, machines, task, windows
from mcugen.tasks.ad.score import auc, mean_auc
from mcugen.tasks.base import Data, Split
from mcugen.tasks.cache import data_dir
from mcugen.tasks.jobs import run_jobs
from tests.unit.tasks import ad_folders as make
from tests.unit.tasks.work import run_here

IMAGE, VECTOR = windows.IMAGE, windows.VECTOR


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(task, "run_jobs", run_here)


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines, of each two short recordings to train with and two to test with."""
    monkeypatch.setattr(machines, "SECONDS", 3)
    monkeypatch.setattr(machines, "MACHINES", 2)
    monkeypatch.setattr(task, "SYNTHETIC_TRAIN", 2)
    monkeypatch.setattr(task, "SYNTHETIC_TEST", 2)


def noise(seconds: float, seed: int = 0) -> windows.Values:
    samples = int(seconds * machines.RATE)
    return 0.1 * np.random.default_rng(seed).standard_normal(samples, np.float32)


def test_ten_seconds_give_thirteen_images() -> None:
    """As the 44 frames of overlap in MicroNets come to."""
    assert windows.images(noise(10)).shape == (13, *IMAGE)
    assert windows.images(noise(10)[: windows.SHORTEST_SAMPLES]).shape == (1, *IMAGE)


def test_images_are_what_bilinear_interpolation_makes_of_a_spectrogram() -> None:
    bins = LogMel()(noise(4))
    found = windows.images(noise(4))
    assert len(found) == 4
    between = 2 * np.arange(32) + 0.5  # the centres of the small image's pixels in the large one
    for i, image in enumerate(found):
        large = bins[20 * i : 20 * i + 64]
        rows = np.array([np.interp(between, np.arange(64), column) for column in large.T]).T
        small = np.array([np.interp(between, np.arange(64), row) for row in rows])
        expected = (small - windows.MIDDLE_DB) / windows.SPREAD_DB
        np.testing.assert_allclose(image[..., 0], expected, atol=1e-4)


def test_vectors_are_five_frames_each() -> None:
    bins = LogMel(bins=128)(noise(2))
    found = windows.vectors(noise(2))
    assert found.shape == ((len(bins) - 5) // windows.VECTOR_STRIDE + 1, *VECTOR)
    expected = (bins[4:9].reshape(-1) - windows.MIDDLE_DB) / windows.SPREAD_DB
    np.testing.assert_allclose(found[1], expected, rtol=1e-6)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores = rng.integers(0, 8, 30)  # with many ties
        positive = rng.uniform(size=30) < 0.4
        positive[:2] = True, False
        pairs = [
            1.0 if p > n else 0.5 if p == n else 0.0
            for p in scores[positive]
            for n in scores[~positive]
        ]
        assert auc(scores, positive) == pytest.approx(np.mean(pairs))


def test_auc_at_its_ends() -> None:
    positive = np.array([False, False, True, True])
    assert auc(np.array([1.0, 2, 3, 4]), positive) == 1
    assert auc(np.array([4.0, 3, 2, 1]), positive) == 0
    assert auc(np.ones(4), positive) == 0.5


def test_mean_auc_skips_groups_of_one_kind() -> None:
    scores = np.array([1.0, 2, 2, 1, 5])
    positive = np.array([False, True, False, True, True])
    assert mean_auc(scores, positive, np.array([0, 0, 1, 1, 2])) == 0.5


def data(target: str = "labels") -> Data:
    """Two units with one recording of each kind; two windows of each recording."""
    split = Split(
        features=np.zeros((8, 3), np.float32),
        labels=np.repeat([0, 1, 0, 1], 2).astype(np.int32),
        clips=np.repeat(np.arange(4), 2).astype(np.int32),
        anomalous=np.array([False, False, True, True]),
    )
    result = Data(split, split, split, ("a", "b"), "made by hand", synthetic=True)
    return replace(result, target="inputs") if target == "inputs" else result


def test_a_recording_is_as_suspicious_as_its_windows_on_average() -> None:
    sure, unsure = [[4.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]
    outputs = np.array([*sure, *np.flip(sure, 1), *unsure, *np.flip(unsure, 1)], np.float32)
    everything = data()
    assert Ad().score(outputs, everything.test, everything) == 1
    assert Ad().score(outputs + 500, everything.test, everything) == 1
    swapped = np.roll(outputs, 4, axis=0)
    assert Ad().score(swapped, everything.test, everything) == 0
    half = np.concatenate([swapped[:2], outputs[2:4], swapped[4:6], outputs[6:]])
    assert Ad().score(half, everything.test, everything) == 0.5


def test_an_autoencoder_is_scored_by_its_errors() -> None:
    everything = data("inputs")
    outputs = np.zeros((8, 3), np.float32)
    outputs[4:] = 0.5
    assert Ad().score(outputs, everything.test, everything) == 1
    normal = replace(everything.test, anomalous=np.zeros(4, np.bool_))
    assert Ad().score(outputs, normal, everything) == pytest.approx(1 / (1 + 0.125))


def test_normal_recordings_alone_are_scored_by_accuracy() -> None:
    everything = data()
    normal = replace(everything.test, anomalous=np.zeros(4, np.bool_))
    outputs = np.eye(2, dtype=np.float32)[normal.labels]
    outputs[:2] = np.flip(outputs[:2], 1)
    assert Ad().score(outputs, normal, everything) == 0.75


@pytest.mark.parametrize("layout", [make.dcase, make.mimii, make.toyadmos])
def test_load(tmp_path: Path, layout: object) -> None:
    assert callable(layout)
    found = Ad().load(layout(tmp_path / "data"), IMAGE)
    for split in (found.train, found.validation, found.test):
        assert split.features.shape == (len(split.labels), *IMAGE)
        assert split.features.dtype == np.float32
        assert split.clips is not None and split.anomalous is not None
        assert split.clips.tolist() == list(range(len(split.anomalous)))  # one window each
        assert set(split.labels) == {0, 1}
    assert found.train.anomalous is not None and not found.train.anomalous.any()
    assert found.test.anomalous is not None
    assert found.test.anomalous.sum() == len(found.test.anomalous) / 2
    assert len(found.train) == 6
    assert len(found.validation) == 2
    assert not found.synthetic
    assert found.target == "labels"
    assert found.problems == ()


def test_autoencoders_take_vectors(tmp_path: Path) -> None:
    found = Ad().load(make.dcase(tmp_path / "data", units=1), VECTOR)
    assert found.target == "inputs"
    assert found.train.features.shape[1:] == VECTOR
    assert found.train.clips is not None
    assert np.bincount(found.train.clips).tolist() == [16] * 3


def test_several_channels_and_rates_come_to_the_same(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data")
    mono = Ad().load(folder, IMAGE).train.features
    header, samples = make.HUM[:44], np.frombuffer(make.HUM[44:], "<i2")
    stereo = bytearray(header) + np.stack([samples, 0 * samples], 1).tobytes()
    stereo[22:24], stereo[32:34] = b"\x02\0", b"\x04\0"
    stereo[40:44] = len(stereo[44:]).to_bytes(4, "little")
    for path in folder.rglob("*.wav"):
        path.write_bytes(stereo)
    assert np.array_equal(Ad().load(folder, IMAGE).train.features, mono)
    for path in folder.rglob("*.wav"):
        path.write_bytes(make.hum(rate=32_000))
    other = Ad().load(folder, IMAGE).train.features
    # The low bins, where the hum is: above it there is only rounding.
    np.testing.assert_allclose(other[..., :2, :], mono[..., :2, :], atol=0.05)


def test_bad_files_are_left_out_and_named(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data", train=8)
    header = bytearray(make.HUM[:44])
    header[20], header[32], header[34] = 3, 4, 32  # float32
    header[40:44] = (4 * 33_000).to_bytes(4, "little")
    bad = [
        b"",
        b"RIFF",
        make.HUM[:44],
        make.hum(rate=44_100),
        make.hum(seconds=1.5),
        make.hum(rate=48_000, seconds=0.0),
        bytes(header) + np.full(33_000, np.nan, "<f4").tobytes(),
    ]
    for i, content in enumerate(bad):
        make.write(folder / "train" / f"normal_id_00_{i:08d}.wav", content)
    make.write(folder / "train" / "normal_id_00_00000009.wav")
    for _ in range(2):  # the second time from the cache
        found = Ad().load(folder, IMAGE)
        assert len(found.train) + len(found.validation) == 10
        assert sorted(found.problems) == [
            "1 file left out: 44,100 samples a second, which is no usual multiple of 16,000 "
            "(such as train/normal_id_00_00000003.wav)",
            "1 file left out: an empty file (such as train/normal_id_00_00000000.wav)",
            "1 file left out: not a WAV file (such as train/normal_id_00_00000001.wav)",
            "1 file left out: samples that are not finite numbers "
            "(such as train/normal_id_00_00000006.wav)",
            "3 files left out: shorter than 2.0 seconds (such as train/normal_id_00_00000002.wav)",
        ]


def test_a_broken_link_is_a_bad_file(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data")
    (folder / "train" / "normal_id_00_00000077.wav").symlink_to(tmp_path / "gone.wav")
    found = Ad().load(folder, IMAGE)
    assert "not readable: No such file or directory" in found.problems[0]


def test_a_unit_without_usable_recordings_is_refused(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data")
    for path in (folder / "train").glob("*id_01*"):
        path.write_bytes(b"")
    with pytest.raises(InputRejected, match="has 0 usable normal recordings of id_01") as caught:
        Ad().load(folder, IMAGE)
    assert "4 files left out: an empty file" in caught.value.hint


def test_nothing_to_test_with_is_refused(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data")
    for path in [*folder.rglob("test/normal_id_00*"), *folder.rglob("test/anomaly_id_01*")]:
        path.write_bytes(b"")
    with pytest.raises(InputRejected, match="no unit with both normal and abnormal"):
        Ad().load(folder, IMAGE)


def test_one_unit_is_told_from_no_other(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="recordings of one unit") as caught:
        Ad().load(make.dcase(tmp_path / "data", units=1), IMAGE)
    assert "ad_autoencoder" in caught.value.hint


def test_another_input_is_refused() -> None:
    with pytest.raises(InputRejected, match=r"\[49, 10, 1\]"):
        Ad().load(None, (49, 10, 1))


def test_its_architectures_take_its_features() -> None:
    assert read_architecture(Ad.architecture).input == IMAGE
    assert read_architecture("ad_autoencoder").input == VECTOR


def test_the_seed_draws_the_validation_recordings_of_every_unit(tmp_path: Path) -> None:
    folder = make.dcase(tmp_path / "data", train=20, test=1)
    for i, path in enumerate(sorted(folder.glob("train/*"))):
        path.write_bytes(make.hum(100 + 20 * i))
    first, again, other = (Ad().load(folder, IMAGE, seed=s).validation for s in (1, 1, 2))
    assert np.array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)
    assert np.bincount(first.labels).tolist() == [2, 2]


@pytest.mark.usefixtures("_few")
def test_synthetic_machines() -> None:
    found = Ad().load(None, IMAGE, seed=3)
    assert found.synthetic
    assert len(found.classes) == 2
    assert found.test.anomalous is not None
    assert found.test.anomalous.tolist() == [False, True] * 2
    assert np.isfinite(found.train.features).all()
    shutil.rmtree(data_dir())
    again, other = Ad().load(None, IMAGE, seed=3), Ad().load(None, IMAGE, seed=4)
    assert np.array_equal(found.test.features, again.test.features)
    assert not np.array_equal(found.test.features, other.test.features)


def test_in_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make.dcase(tmp_path / "data")
    here = Ad().load(folder, IMAGE)
    shutil.rmtree(data_dir())
    monkeypatch.setattr(task, "run_jobs", run_jobs)
    there = Ad().load(folder, IMAGE)
    assert np.array_equal(here.train.features, there.train.features)


def test_recordings_are_of_usual_levels() -> None:
    for fault in (None, *machines.FAULTS):
        rng = np.random.default_rng(1)
        audio = machines.record(machines.Machine.unit(0, seed=0), rng, fault)
        assert audio.shape == (machines.SECONDS * machines.RATE,)
        assert audio.dtype == np.float32
        assert 0.01 < audio.std() < 0.5
        assert np.mean(np.abs(audio) >= 1) < 0.01
        values = windows.images(audio)
        assert abs(values.mean()) < 2
        assert 0.2 < values.std() < 3


@pytest.mark.usefixtures("_few")
def test_a_written_set_is_the_synthetic_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Ad().synthesize(tmp_path / name, examples=4, seed=3)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 8 + 1
    _, different, missing = filecmp.cmpfiles(
        tmp_path / "a", tmp_path / "b", map(str, files), shallow=False
    )
    assert not different and not missing
    synthetic, written = Ad().load(None, IMAGE, seed=3), Ad().load(tmp_path / "a", IMAGE, seed=3)
    assert written.synthetic
    assert written.problems == ()
    assert np.array_equal(np.sort(written.test.labels[::2]), np.sort(synthetic.test.labels[::2]))
    assert len(written.train) == len(synthetic.train)
    assert written.test.features.mean() == pytest.approx(synthetic.test.features.mean(), abs=0.02)


@pytest.mark.usefixtures("_few")
def test_one_example_makes_a_set_that_loads_or_says_why_not(tmp_path: Path) -> None:
    Ad().synthesize(tmp_path, examples=1)
    with pytest.raises(InputRejected, match="at least 2 are needed"):
        Ad().load(tmp_path, IMAGE)
