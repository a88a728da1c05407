"""Augmentations: what they change, how much, and that a seed repeats them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.tasks.base import Augmentation, Brightness, MirrorColumns, Mixup, Shift, SpecAugment
from mcugen.train.augment import augment, suitable
from mcugen.train.tensorflow import tf
from tests.unit.train import toy

pytestmark = pytest.mark.train

EXAMPLES = 300


def features(channels: int = 1) -> np.ndarray:
    """No two values alike."""
    return np.random.default_rng(0).normal(size=(EXAMPLES, 7, 5, channels)).astype(np.float32)


def augmented(x: np.ndarray, *augmentations: Augmentation, seed: int = 3) -> np.ndarray:
    targets = tf.zeros((len(x), 2))
    result, _ = augment((tf.constant(x), targets), augmentations, tf.constant([seed, 4], tf.int64))
    return result.numpy()


def test_an_autoencoder_never_learns_blends() -> None:
    data = toy.Bars().load(None, toy.SHAPE)
    both = (Mixup(0.3), Shift(1, 1))
    assert suitable(both, data) == both
    assert suitable(both, dataclasses.replace(data, target="inputs")) == (Shift(1, 1),)


@pytest.mark.parametrize(
    "augmentation",
    [SpecAugment(3, 2), Shift(2, 1), MirrorColumns(), Brightness(0.2, 0.1), Mixup(0.3)],
)
def test_a_seed_repeats_and_another_differs(augmentation: Augmentation) -> None:
    x = features()
    first = augmented(x, augmentation)
    assert first.shape == x.shape and first.dtype == np.float32
    assert np.array_equal(first, augmented(x, augmentation))
    assert not np.array_equal(first, augmented(x, augmentation, seed=5))
    assert not np.array_equal(first, x)


def test_two_of_a_kind_draw_differently() -> None:
    x = features()
    twice = augmented(augmented(x, MirrorColumns()), MirrorColumns())
    assert np.array_equal(twice, x)
    assert not np.array_equal(augmented(x, MirrorColumns(), MirrorColumns()), x)


def test_masks_are_runs_of_frames_and_bins() -> None:
    x = features()
    y = augmented(x, SpecAugment(times=3, frequencies=2))
    masked = (y != x)[..., 0]
    frames = masked.all(axis=2)
    bins = masked.all(axis=1)
    assert np.array_equal(masked, frames[:, :, None] | bins[:, None, :])
    assert set(frames.sum(axis=1)) == {0, 1, 2, 3} and set(bins.sum(axis=1)) == {0, 1, 2}
    for run in (*frames, *bins):
        assert np.count_nonzero(np.diff(run.astype(int)) == 1) + run[0] <= 1
    assert np.allclose(
        y[masked[..., None]], np.broadcast_to(x.mean((0, 1)), x.shape)[masked[..., None]]
    )


def test_every_shift_occurs_and_edges_repeat() -> None:
    x = features(channels=2)
    y = augmented(x, Shift(rows=2, columns=1))
    seen = set()
    for before, after in zip(x, y, strict=True):
        for rows in range(-2, 3):
            for columns in range(-1, 2):
                shifted = before[np.clip(np.arange(7) + rows, 0, 6)]
                if np.array_equal(shifted[:, np.clip(np.arange(5) + columns, 0, 4)], after):
                    seen.add((rows, columns))
    assert len(seen) == 15


def test_half_are_mirrored() -> None:
    x = features()
    y = augmented(x, MirrorColumns())
    mirrored = (y == x[:, :, ::-1]).all(axis=(1, 2, 3))
    same = (y == x).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all() and 0.4 < mirrored.mean() < 0.6


def test_brightness_is_linear_and_bounded() -> None:
    x = features()
    y = augmented(x, Brightness(gain=0.2, offset=0.1))
    for before, after in zip(x, y, strict=True):
        gain, offset = np.polyfit(before.ravel(), after.ravel(), 1)
        assert 0.799 <= gain <= 1.201 and abs(offset) <= 0.101
        assert np.allclose(after, gain * before + offset, atol=1e-5)


def test_mixup_blends_features_and_targets_alike() -> None:
    x = features()
    targets = np.eye(EXAMPLES, dtype=np.float32)
    y, mixed = augment(
        (tf.constant(x), tf.constant(targets)), (Mixup(0.3),), tf.constant([1, 2], tf.int64)
    )
    assert np.allclose(mixed.numpy().sum(axis=1), 1)
    assert np.allclose(y.numpy(), np.einsum("ij,jabc->iabc", mixed.numpy(), x), atol=1e-5)
    shares = np.diag(mixed.numpy())
    assert 0.4 < shares.mean() < 0.6 and shares.std() > 0.35  # Beta(0.3, 0.3) is bent to the ends
