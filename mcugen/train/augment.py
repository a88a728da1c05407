"""The augmentations of `mcugen.tasks.base`, on batches inside a TensorFlow graph.

Every function takes features [batch, rows, columns, channels] float32 and a stateless seed [2], so
that a step's draws depend on nothing but the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from mcugen.tasks.base import (
    Augmentation,
    Brightness,
    Data,
    MirrorColumns,
    Mixup,
    Shift,
    SpecAugment,
)
from mcugen.train.tensorflow import tf

Batch = tuple[Any, Any]
"""Features, and targets [batch, ...]: the classes' probabilities."""


def suitable(augmentations: Sequence[Augmentation], data: Data) -> tuple[Augmentation, ...]:
    """Those that serve the data: who reproduces inputs must not learn to reproduce blends."""
    blends = data.target != "inputs"
    return tuple(a for a in augmentations if blends or not isinstance(a, Mixup))


def augment(batch: Batch, augmentations: Sequence[Augmentation], seed: Any) -> Batch:
    """Applies all augmentations in order."""
    for i, augmentation in enumerate(augmentations):
        batch = apply(augmentation, batch, tf.random.fold_in(seed, i))
    return batch


@singledispatch
def apply(augmentation: Augmentation, batch: Batch, seed: Any) -> Batch:
    """One augmentation of a batch."""
    raise TypeError(f"no such augmentation: {augmentation!r}")


@apply.register
def _(augmentation: SpecAugment, batch: Batch, seed: Any) -> Batch:
    """What is masked becomes the batch's mean of its bin, so that it tells nothing."""
    features, targets = batch
    first, second = tf.unstack(tf.random.split(seed))
    frames = _mask(tf.shape(features)[0], features.shape[1], augmentation.times, first)
    bins = _mask(tf.shape(features)[0], features.shape[2], augmentation.frequencies, second)
    masked = frames[:, :, None, None] | bins[:, None, :, None]
    mean = tf.reduce_mean(features, axis=(0, 1), keepdims=True)
    return tf.where(masked, mean, features), targets


def _mask(examples: Any, length: int, most: int, seed: Any) -> Any:
    """Booleans [examples, length]: one run of at most `most` is true."""
    draws = _uniform(seed, (2, examples), 0.0, 1.0)
    width = tf.floor(draws[0] * (min(most, length) + 1))
    start = tf.floor(draws[1] * (length - width + 1))
    places = tf.range(length, dtype=tf.float32)
    return (places >= start[:, None]) & (places < (start + width)[:, None])


@apply.register
def _(augmentation: Shift, batch: Batch, seed: Any) -> Batch:
    features, targets = batch
    first, second = tf.unstack(tf.random.split(seed))
    features = _shift(features, 1, augmentation.rows, first)
    return _shift(features, 2, augmentation.columns, second), targets


def _shift(features: Any, axis: int, most: int, seed: Any) -> Any:
    if most == 0:
        return features
    examples, length = tf.shape(features)[0], features.shape[axis]
    by = tf.random.stateless_uniform((examples, 1), seed, -most, most + 1, tf.int32)
    places = tf.clip_by_value(tf.range(length) + by, 0, length - 1)
    if axis == 1:
        return tf.gather(features, places, axis=1, batch_dims=1)
    swapped = tf.transpose(features, (0, 2, 1, 3))
    return tf.transpose(tf.gather(swapped, places, axis=1, batch_dims=1), (0, 2, 1, 3))


@apply.register
def _(_augmentation: MirrorColumns, batch: Batch, seed: Any) -> Batch:
    features, targets = batch
    mirrored = _uniform(seed, (tf.shape(features)[0], 1, 1, 1), 0.0, 1.0) < 0.5
    return tf.where(mirrored, tf.reverse(features, (2,)), features), targets


@apply.register
def _(augmentation: Brightness, batch: Batch, seed: Any) -> Batch:
    features, targets = batch
    first, second = tf.unstack(tf.random.split(seed))
    shape = (tf.shape(features)[0], 1, 1, 1)
    gain = _uniform(first, shape, 1 - augmentation.gain, 1 + augmentation.gain)
    offset = _uniform(second, shape, -augmentation.offset, augmentation.offset)
    return features * gain + offset, targets


@apply.register
def _(augmentation: Mixup, batch: Batch, seed: Any) -> Batch:
    """Blends the batch with its reverse: batches are shuffled, so the pairs are random ones."""
    features, targets = batch
    # A Beta draw is the share that one of two Gamma draws has of their sum.
    pair = tf.random.stateless_gamma((2, tf.shape(features)[0]), seed, augmentation.alpha)
    share = pair[0] / (pair[0] + pair[1])
    return _blend(features, share), _blend(targets, share)


def _blend(values: Any, share: Any) -> Any:
    share = tf.reshape(share, (-1, *[1] * (len(values.shape) - 1)))
    return share * values + (1 - share) * tf.reverse(values, (0,))


def _uniform(seed: Any, shape: Any, low: float, high: float) -> Any:
    return tf.random.stateless_uniform(shape, seed, low, high)
