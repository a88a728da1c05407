"""The task: photographs with and without persons, or drawn scenes."""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks.base import (
    Brightness,
    Data,
    Labels,
    MirrorColumns,
    Recipe,
    Shape,
    Shift,
    Split,
    Task,
)
from mcugen.tasks.cache import cached
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.synthetic_note import is_synthetic, write_note
from mcugen.tasks.vww import scenes
from mcugen.tasks.vww.folder import CLASSES, Index, index_folder, require_both_classes, split_of
from mcugen.tasks.vww.pillow import BadImage, Pixels, pillow, read_image

LEAST_SIDE, MOST_SIDE = 32, 224

VERSION = 1
"""Of how files become pixels: another one makes cached data anew."""

EXAMPLES = 10_000
SHARES = {"train": 1.0, "validation": 0.1, "test": 0.2}
"""Drawn scenes: training examples, and how many there are in every split for one of these."""

WRITTEN_SHAPE = (96, 96, 3)
WRITTEN_QUALITY = 90
"""The size of MLPerf Tiny's images, and how well JPEG keeps them."""

FILES_A_JOB = 500


@dataclass(frozen=True)
class _Files:
    """Images to decode, as (path inside the folder, class)."""

    folder: Path
    pictures: tuple[tuple[str, int], ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class _Decoded:
    """Images and classes of the files that can be used; (path, reason) of the others."""

    pixels: Pixels
    labels: Labels
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Drawings:
    """Scenes to write as files into `folder`, one for each name."""

    folder: Path
    batch: scenes.Batch
    names: tuple[str, ...]


class Vww(Task):
    """Square images of 32 to 224 pixels a side, gray or in colour; pixels are 0 … 1.

    `load` reads a COCO folder, or one with the folders person and non_person. Without a folder,
    `examples` training scenes are drawn, and others for validation and test.
    """

    name = "vww"
    architecture = "micronet_vww_2"
    augmentations = (MirrorColumns(), Shift(rows=4, columns=4), Brightness(gain=0.2, offset=0.1))
    recipe = Recipe(epochs=50, qat_epochs=12, batch=64)

    drop_small_persons: ClassVar[bool] = False
    """Leaves out images of COCO whose persons all cover less than 0.5 % of the image.

    Otherwise they count as images without persons, as in the data set's own scripts.
    """

    def __init__(self, examples: int = EXAMPLES) -> None:
        self.examples = examples

    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        """The data; decoded images are kept in the user's cache folder."""
        _check_shape(input_shape)
        if folder is None:
            return self._drawn(input_shape, seed, progress)
        progress("reading the data folder", 0, 0)
        index = index_folder(folder, seed, self.drop_small_persons, progress)
        return _photographed(index, input_shape, progress)

    def synthesize(
        self,
        folder: Path,
        *,
        examples: int | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        """Writes JPEG files into person and non_person, named so that `load` splits them as here.

        The images are of 96x96 in colour, as MLPerf Tiny's.
        """
        pillow()
        for kind in CLASSES:
            (folder / kind).mkdir()
        jobs = []
        for split, count in _sizes(self.examples if examples is None else examples).items():
            names = _names(split)
            for batch in scenes.batches(split, seed, count, WRITTEN_SHAPE):
                own = tuple(itertools.islice(names, batch.count))
                jobs.append(_Drawings(folder, batch, own))
        run_jobs(_write, jobs, "drawing scenes", progress, lambda job: job.batch.count)
        write_note(folder, f"Drawn by mcugen, seed {seed}: no photographs.")

    def _drawn(self, shape: Shape, seed: int, progress: Progress) -> Data:
        sizes = _sizes(self.examples)
        _check_memory(sum(sizes.values()), shape)

        def draw() -> dict[str, Pixels]:
            pillow()
            jobs = [b for split, n in sizes.items() for b in scenes.batches(split, seed, n, shape)]
            parts = run_jobs(scenes.draw, jobs, "drawing scenes", progress, lambda b: b.count)
            return {
                split: np.concatenate(
                    [part for part, job in zip(parts, jobs, strict=True) if job.split == split]
                )
                for split in sizes
            }

        key = {"version": scenes.VERSION, "seed": seed, "shape": shape, "sizes": sizes}
        images = cached("vww-drawn", key, draw)
        train, validation, test = (
            Split(_features(images[split]), scenes.labels(count)) for split, count in sizes.items()
        )
        description = f"drawn scenes, every other one with persons, seed {seed}"
        return Data(
            train,
            validation,
            test,
            CLASSES,
            description,
            synthetic=True,
            held_out_by_seed=False,  # every seed draws other scenes, but the same kinds
        )


def _photographed(index: Index, shape: Shape, progress: Progress) -> Data:
    _check_memory(sum(map(len, index.splits.values())), shape)
    key = {"version": VERSION, "shape": shape, "folder": str(index.folder.resolve())}
    arrays = cached(
        "vww-images", key | {"stamp": index.stamp}, lambda: _decoded(index, shape, progress)
    )
    for place, reason in arrays["problems"]:
        index.problems.add(str(place), str(reason))
    for split in index.splits:
        require_both_classes(index, split, arrays[f"{split}/labels"])
    train, validation, test = (
        Split(_features(arrays[f"{split}/images"]), arrays[f"{split}/labels"])
        for split in ("train", "validation", "test")
    )
    return Data(
        train,
        validation,
        test,
        classes=CLASSES,
        description=f"images in {index.folder}, {index.source}",
        synthetic=is_synthetic(index.folder),
        problems=index.problems.sentences,
    )


def _decoded(index: Index, shape: Shape, progress: Progress) -> dict[str, npt.NDArray[Any]]:
    pillow()
    arrays: dict[str, npt.NDArray[Any]] = {}
    problems: list[tuple[str, str]] = []
    of_split = {
        split: [
            _Files(index.folder, tuple(pictures[i : i + FILES_A_JOB]), shape)
            for i in range(0, len(pictures), FILES_A_JOB)
        ]
        for split, pictures in index.splits.items()
    }
    jobs = list(itertools.chain.from_iterable(of_split.values()))
    parts = iter(run_jobs(_decode, jobs, "decoding images", progress, lambda j: len(j.pictures)))
    for split, own_jobs in of_split.items():
        own = list(itertools.islice(parts, len(own_jobs)))
        arrays[f"{split}/images"] = np.concatenate([part.pixels for part in own])
        arrays[f"{split}/labels"] = np.concatenate([part.labels for part in own])
        problems += [problem for part in own for problem in part.problems]
    arrays["problems"] = np.array(problems, dtype=np.str_).reshape(-1, 2)
    return arrays


def _decode(job: _Files) -> _Decoded:
    images, labels, problems = [], [], []
    for path, label in job.pictures:
        try:
            images.append(read_image(job.folder / path, job.shape))
            labels.append(label)
        except BadImage as bad:
            problems.append((path, bad.message))
    pixels = np.array(images, np.uint8).reshape(-1, *job.shape)
    return _Decoded(pixels, np.array(labels, np.int32), tuple(problems))


def _write(job: _Drawings) -> None:
    image_module = pillow().Image
    labels = scenes.labels(job.batch.first + job.batch.count)[job.batch.first :]
    for pixels, label, name in zip(scenes.draw(job.batch), labels, job.names, strict=True):
        content = io.BytesIO()
        image_module.fromarray(pixels).save(content, "JPEG", quality=WRITTEN_QUALITY)
        (job.folder / CLASSES[label] / name).write_bytes(content.getvalue())


def _names(split: str) -> Iterator[str]:
    """File names that belong to the split."""
    names = (f"scene_{i:06d}.jpg" for i in itertools.count())
    return (name for name in names if split_of(name) == split)


def _sizes(examples: int) -> dict[str, int]:
    """Images of every split, as many with persons as without."""
    return {split: 2 * math.ceil(share * examples / 2) for split, share in SHARES.items()}


def _features(images: Pixels) -> npt.NDArray[np.float32]:
    return np.divide(images, np.float32(255), dtype=np.float32)


def _check_shape(shape: Shape) -> None:
    square = len(shape) == 3 and shape[0] == shape[1] and LEAST_SIDE <= shape[0] <= MOST_SIDE
    if not square or shape[2] not in (1, 3):
        raise InputRejected(
            f"the task vww has square images of {LEAST_SIDE} to {MOST_SIDE} pixels a side with "
            f"1 or 3 channels, the network takes {list(shape)}",
            "give the network an input such as 50x50x1 or 96x96x3",
        )


def _check_memory(images: int, shape: Shape) -> None:
    """The images lie in memory as float32, and as bytes while they are read."""
    needed = images * math.prod(shape) * 5
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > 0.8 * there:
        raise InputRejected(
            f"{images:,} images of {list(shape)} take {needed / 1e9:.1f} GB of memory, and this "
            f"machine has {there / 1e9:.1f} GB",
            "train a network of a smaller or gray input, or on fewer images",
        )
