"""What a task is: data ready to train on, how it is augmented, and what counts as good.

A task needs no TensorFlow; `mcugen.train` does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Examples of one split.

    `features` [examples, *input shape] are what the network takes; `labels` [examples] are classes.
    `clips` [examples] says which recording an example is a window of, and `anomalous` [clips]
    whether that recording is abnormal; both only where a task scores whole recordings.
    """

    features: Features
    labels: Labels
    clips: Labels | None = None
    anomalous: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, eq=False)
class Data:
    """A task's data in memory. `problems` tells what was left out of a folder, and how often.

    With `target` "inputs" the network reproduces its input (an autoencoder) and labels are not
    trained on. `held_out_by_seed` says whether another seed holds out examples that this one trains
    on, or gives classes another meaning: networks of different seeds must then not learn from each
    other.
    """

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    description: str
    synthetic: bool
    target: Literal["labels", "inputs"] = "labels"
    problems: tuple[str, ...] = ()
    held_out_by_seed: bool = True


@dataclass(frozen=True)
class SpecAugment:
    """Masks up to `times` frames and up to `frequencies` bins of [frames, bins, 1] features.

    Source: Park et al., "SpecAugment", Interspeech 2019, without the time warp.
    """

    times: int
    frequencies: int


@dataclass(frozen=True)
class Shift:
    """Moves [rows, columns, channels] features by up to so many rows and columns; edges repeat."""

    rows: int
    columns: int


@dataclass(frozen=True)
class MirrorColumns:
    """Mirrors half of the images left to right."""


@dataclass(frozen=True)
class Brightness:
    """Multiplies by 1 ± `gain` and adds up to ± `offset`, one draw an example."""

    gain: float
    offset: float


@dataclass(frozen=True)
class Mixup:
    """Blends pairs of examples and their labels, with a share drawn from Beta(alpha, alpha).

    Source: Zhang et al., "mixup", ICLR 2018.
    """

    alpha: float


Augmentation = SpecAugment | Shift | MirrorColumns | Brightness | Mixup
"""Applied to batches, in this task's order, by `mcugen.train.augment`."""


@dataclass(frozen=True)
class Recipe:
    """How a task is trained unless told otherwise.

    The learning rate falls from its peak to a hundredth as a cosine; `weight_decay` is decoupled
    (AdamW). `patience` epochs without a better validation score end a stage early; 0: never.
    """

    epochs: int = 40
    qat_epochs: int = 12
    batch: int = 128
    learning_rate: float = 2e-3
    qat_learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    label_smoothing: float = 0.0
    patience: int = 0


class Task(ABC):
    """A problem to train networks for. Subclass it to bring your own: see docs/training.md."""

    name: ClassVar[str]
    metric: ClassVar[str] = "accuracy"
    """What `score` returns, a figure from 0 to 1: "accuracy" or "AUC"."""
    architecture: ClassVar[str]
    """The architecture that is trained if none is named."""
    augmentations: ClassVar[tuple[Augmentation, ...]] = ()
    recipe: ClassVar[Recipe] = Recipe()

    @abstractmethod
    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        """The data of `folder`, or made offline if None, for networks that take `input_shape`.

        `seed` draws what is synthetic or sampled: the same seed gives the same data. Raises
        InputRejected, naming the place and the next step, for a folder that cannot be used and for
        an input shape that the task does not have.
        """

    def synthesize(
        self,
        folder: Path,
        *,
        examples: int | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        """Writes the task's offline set into the empty `folder`, in the layout that `load` reads.

        `examples` is the number of training examples, validation and test in proportion; None: the
        task's usual number. The same seed gives the same files.
        """
        raise InputRejected(
            f"the task '{self.name}' has no offline set to write", "mcugen data synth --help"
        )

    def score(self, outputs: npt.NDArray[np.float32], split: Split, data: Data) -> float:
        """How good the network's outputs [examples, classes] are, 0 to 1; here their accuracy."""
        return float(np.mean(np.argmax(outputs, axis=1) == split.labels))
