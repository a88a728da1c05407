"""The widest network, stage by stage, and how wide its layers are when choices are only likely.

A layer's width is a *survival vector*: element c is the probability that its channel c exists. Its
sum is the expected number of channels, and its products with the differences of a function are that
function's expectation. Where every choice is certain it is ones, then zeros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.architecture import INPUT, Layer
from mcugen.search.space import Open, Space

Vector = Any
"""A vector of numpy, or of whatever `ops` computes with."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """A node as it stands in the widest network.

    `source` names what the first of its `layers` reads in the widest network: the stage before, or
    INPUT. What comes to a stage is what left the one before, whatever was chosen there.
    `channels`, `expansion`, `kernel`, `keep` and `bits` are places in the space's decisions, None
    where nothing is open. `stride` is what the map shrinks by: a stage that is left out averages
    tiles of that size.
    """

    node: int
    source: str
    layers: tuple[Layer, ...]
    channels: int | None = None
    expansion: int | None = None
    kernel: int | None = None
    keep: int | None = None
    bits: int | None = None
    stride: tuple[int, int] = (1, 1)

    @property
    def target(self) -> str:
        """The layer whose output leaves the stage."""
        return self.layers[-1].name if self.layers else self.source

    def width_of(self, layer: Layer) -> int | None:
        """The decision that gives a layer its width; None if it is fixed or that of its inputs."""
        if layer.kind not in ("CONV_2D", "FULLY_CONNECTED"):
            return None
        return self.expansion if layer.name.endswith(".expand") else self.channels

    def kernel_of(self, layer: Layer) -> int | None:
        """The decision that gives a layer its kernel; None if it is fixed."""
        return self.kernel if layer.weights and layer.kernel != (1, 1) else None


@dataclass(frozen=True)
class Widths:
    """Survival vectors, each as long as the layer is wide in the widest network.

    `layers` has them by name, under the condition that the layer's node is there; `leaving` has
    what leaves each stage, whether its node is there or not.
    """

    layers: Mapping[str, Vector]
    leaving: tuple[Vector, ...]


@lru_cache(maxsize=32)
def stages(space: Space) -> tuple[Stage, ...]:
    """The space's nodes in order."""
    found: list[Stage] = []
    source = INPUT
    for index, (node, layers) in enumerate(
        zip(space.all_nodes, space.widest.layers_of_blocks, strict=True)
    ):
        places: dict[Open, int] = {
            d.field: i for i, d in enumerate(space.decisions) if d.node == index
        }
        stride = getattr(node.block, "stride", None) or (1, 1)
        found.append(Stage(index, source, layers, **places, stride=stride))
        source = found[-1].target
    return tuple(found)


def one_hot(space: Space, selection: Sequence[int]) -> tuple[Floats, ...]:
    """The probabilities under which a selection is certain."""
    return tuple(
        np.eye(len(decision.choices))[choice]
        for decision, choice in zip(space.decisions, selection, strict=True)
    )


def uniform(space: Space) -> tuple[Floats, ...]:
    """The probabilities under which all choices of a decision are equally likely."""
    return tuple(np.full(len(d.choices), 1.0 / len(d.choices)) for d in space.decisions)


@lru_cache(maxsize=1024)
def chosen_table(choices: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Survival vectors of widths that are certain, [choices, widest]."""
    widest = np.arange(max(choices))
    return (widest < np.asarray(choices)[:, np.newaxis]).astype(np.float32)


def widths(space: Space, probabilities: Sequence[Vector], ops: Any = np) -> Widths:
    """How wide every layer is.

    `probabilities` has a vector for each decision, not below 0, that sums to 1: of NumPy, or of
    another namespace with NumPy's names, such as `keras.ops`, which is then `ops`. Decisions count
    as independent of each other. The wider of two independent widths, which is what ADD makes of
    them, has channel c unless both lack it; two of one decision are the same.
    """
    inside: dict[str, Vector] = {}
    leaving: list[Vector] = []
    comes: Vector = np.ones(space.input[-1], np.float32)
    for stage in stages(space):
        known = {stage.source: comes}
        for layer in stage.layers:
            known[layer.name] = _width(stage, layer, known, space, probabilities, ops)
            inside[layer.name] = known[layer.name]
        leaves = known[stage.target]
        if stage.keep is not None:
            keep = probabilities[stage.keep][1]
            leaves = leaves * keep + widened(comes, leaves.shape[0], ops) * (1.0 - keep)
        leaving.append(leaves)
        comes = leaves
    return Widths(inside, tuple(leaving))


def widened(width: Vector, channels: int, ops: Any = np) -> Vector:
    """The same width as one of at most `channels`."""
    missing = channels - width.shape[0]
    return ops.pad(width, ((0, missing),)) if missing else width


def _width(
    stage: Stage,
    layer: Layer,
    known: Mapping[str, Vector],
    space: Space,
    probabilities: Sequence[Vector],
    ops: Any,
) -> Vector:
    """The width of one layer, from those of what it reads."""
    decision = stage.width_of(layer)
    if decision is not None:
        choices = tuple(w for w in space.decisions[decision].choices if isinstance(w, int))
        return ops.matmul(probabilities[decision], chosen_table(choices))
    if layer.kind in ("CONV_2D", "FULLY_CONNECTED"):
        return np.ones(layer.shape[-1], np.float32)
    sources = [known[name] for name in layer.inputs]
    if layer.kind == "ADD":
        return _wider(stage, layer, sources, ops)
    if layer.kind == "RESHAPE":
        return ops.tile(sources[0], layer.elements // sources[0].shape[0])
    return widened(sources[0], layer.shape[-1], ops)


def _wider(stage: Stage, layer: Layer, sources: Sequence[Vector], ops: Any) -> Vector:
    deciding = {stage.width_of(x) for x in stage.layers if x.name in layer.inputs}
    if len(deciding) == 1 and None not in deciding and set(layer.inputs) <= _names(stage):
        return sources[0]
    first, second = (widened(width, layer.shape[-1], ops) for width in sources)
    return 1.0 - (1.0 - first) * (1.0 - second)


def _names(stage: Stage) -> set[str]:
    return {layer.name for layer in stage.layers}
