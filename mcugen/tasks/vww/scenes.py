"""Drawn scenes: the offline set, half of it with persons. It says nothing about photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.tasks.base import Labels, Shape
from mcugen.tasks.vww.figures import THINGS, Canvas, Figure, Rng, any_colour, person, shade
from mcugen.tasks.vww.pillow import Pixels, pillow, squared

VERSION = 2
"""Of the drawings: another one makes cached data anew."""

SPLITS = ("train", "validation", "test")
IMAGES_A_BATCH = 500

FINER = 2
"""Drawn so many times larger, which makes edges smooth."""

BACKGROUND_SIDE = 16
"""The background's colours are drawn on so many points and interpolated."""

PERSONS = (0.45, 1.1)
THING_HEIGHTS = (0.3, 0.9)
"""Least and most height, as a part of the image's."""


@dataclass(frozen=True)
class Batch:
    """Scenes `first` … `first` + `count` - 1 of a split, as images of `shape`."""

    split: str
    seed: int
    first: int
    count: int
    shape: Shape


def batches(split: str, seed: int, images: int, shape: Shape) -> list[Batch]:
    """A split of so many images, cut into batches."""
    return [
        Batch(split, seed, first, min(IMAGES_A_BATCH, images - first), shape)
        for first in range(0, images, IMAGES_A_BATCH)
    ]


def labels(images: int) -> Labels:
    """The classes of a split's first scenes: every other one has a person."""
    return (np.arange(images) % 2).astype(np.int32)


def draw(batch: Batch) -> Pixels:
    """The batch's images [images, rows, columns, channels]."""
    key = [VERSION, batch.seed, SPLITS.index(batch.split)]
    numbers = range(batch.first, batch.first + batch.count)
    scenes = [_scene(bool(i % 2), batch.shape, np.random.default_rng([*key, i])) for i in numbers]
    return np.stack(scenes)


def _scene(with_person: bool, shape: Shape, rng: Rng) -> Pixels:
    pil = pillow()
    side = FINER * shape[0]
    image = _background(side, rng).copy()
    canvas = Canvas(pil.ImageDraw.Draw(image), side)
    for _ in range(rng.integers(0, 5)):
        _clutter(canvas, rng)
    persons = int(rng.integers(1, 3)) if with_person else 0
    figures: list[tuple[Figure, tuple[float, float]]] = [(person, PERSONS)] * persons
    for _ in range(rng.integers(0 if with_person else 1, 4)):
        figures.append((THINGS[rng.integers(len(THINGS))], THING_HEIGHTS))
    placed = []
    for figure, heights in figures:
        height = rng.uniform(*heights)
        # Feet below the image make a close-up.
        foot = rng.uniform(max(0.5, 0.9 * height), 1.05 + 0.3 * height)
        # What stands lower stands in front, but seldom before a person.
        depth = foot + (0.3 if figure is person else 0.0)
        placed.append((depth, rng.uniform(0.15, 0.85), foot, height, figure))
    for _, x, foot, height, figure in sorted(placed, key=lambda place: place[0]):
        figure(canvas, rng, x, foot, height)
    if rng.uniform() < 0.3:
        _clutter(canvas, rng)
    if rng.uniform() < 0.4:
        image = image.filter(pil.ImageFilter.GaussianBlur(rng.uniform(0, 0.015) * side))
    return _lit(squared(image, shape), rng)


def _background(side: int, rng: Rng) -> Any:
    """Two surfaces, such as sky and ground or wall and floor, with stains on them."""
    rows = np.arange(BACKGROUND_SIDE)[:, np.newaxis, np.newaxis]
    horizon = rng.uniform(0.3, 0.9) * BACKGROUND_SIDE
    upper, lower = (np.array(any_colour(rng), float) for _ in range(2))
    colours = np.where(rows < horizon, upper, lower)
    fade = rng.uniform(-40, 40, 3) * rows / BACKGROUND_SIDE
    stains = rng.normal(0, rng.uniform(0, 20), (BACKGROUND_SIDE, BACKGROUND_SIDE, 1))
    pixels = np.clip(colours + fade + stains, 0, 255).astype(np.uint8)
    image = pillow().Image.fromarray(np.ascontiguousarray(pixels))
    return image.resize((side, side), pillow().Image.Resampling.BILINEAR)


def _clutter(canvas: Canvas, rng: Rng) -> None:
    """A ball, a box, a pole or a scrap, of any colour, anywhere."""
    x, y = rng.uniform(0, 1, 2)
    size = rng.uniform(0.02, 0.15)
    colour = any_colour(rng)
    kind = rng.integers(4)
    if kind == 0:
        canvas.disc((x, y), size, colour, rng.uniform(0.4, 1.5))
    elif kind == 1:
        canvas.box(x, y, size * rng.uniform(0.5, 3), size * rng.uniform(0.5, 3), colour)
    elif kind == 2:
        end = (x + rng.normal(0, 0.3), y + rng.normal(0, 0.3))
        canvas.limb(((x, y), end), size / 3, shade(colour, rng))
    else:
        corners = rng.normal((x, y), size, (int(rng.integers(3, 7)), 2))
        canvas.area([(px, py) for px, py in corners.tolist()], colour)


def _lit(pixels: Pixels, rng: Rng) -> Pixels:
    """Light from one side, a brightness, and a sensor's noise."""
    rows, columns, _ = pixels.shape
    slope = rng.uniform(-0.25, 0.25, 2).astype(np.float32)
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, np.newaxis, np.newaxis]
    x = np.linspace(-1, 1, columns, dtype=np.float32)[:, np.newaxis]
    light = np.float32(rng.uniform(0.7, 1.15)) * (1 + slope[0] * y + slope[1] * x)
    noise: npt.NDArray[np.float32] = rng.standard_normal(pixels.shape, np.float32)
    noisy = pixels * light + np.float32(rng.uniform(1, 12)) * noise
    result: Pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    return result
