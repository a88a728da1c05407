"""Latency as a sum over layers: so much for each multiply-accumulate, output and call.

A model is fitted to what a board or an emulator took for random networks of a space, and is a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, cast, get_args

import numpy as np

from mcugen.architecture import Architecture, Layer
from mcugen.boards import Board, list_boards
from mcugen.errors import InputRejected
from mcugen.output_file import write_output
from mcugen.search.space import Space
from mcugen.search.walk import Floats
from mcugen.text import printable
from mcugen.train.spec import Bits

FORMAT = "mcugen-latency"
VERSION = 1

Unit = Literal["instructions", "microseconds"]
Label = Literal["emulator", "board"]

GROUPS: Mapping[str, str] = {
    "CONV_2D": "convolution",
    "DEPTHWISE_CONV_2D": "depthwise",
    "FULLY_CONNECTED": "dense",
    "ADD": "add",
    "PAD": "pad",
    "AVERAGE_POOL_2D": "average_pool",
}
"""Layers that take time, by kind; 1x1 convolutions without a stride are "pointwise"."""


EIGHT_BITS = Bits(8, 8)


@dataclass(frozen=True)
class Rate:
    """Of one group of layers: for each multiply-accumulate, each output element, each layer."""

    macs: float = 0.0
    outputs: float = 0.0
    layers: float = 0.0


@dataclass(frozen=True)
class LatencyModel:
    """Rates by group of layers, and how they were found.

    `board` and `runtime` are ids; `label` says whether an emulator counted `unit`, or a board did.
    `r2` is the share of the samples' variance that the model explains.
    """

    board: str
    runtime: str
    unit: Unit
    label: Label
    rates: Mapping[str, Rate]
    r2: float
    samples: int

    def of(self, features: Mapping[str, Rate]) -> float:
        """The latency of a network that has these features, in `unit`."""
        return sum(
            _dot(self.rates[group], feature)
            for group, feature in features.items()
            if group in self.rates
        )


@dataclass(frozen=True)
class Sample:
    """What one network took, in the unit of the model to be."""

    features: Mapping[str, Rate]
    latency: float


def group_of(layer: Layer, bits: Bits) -> str | None:
    """The group of layers whose rates count; None for layers that take no time to speak of."""
    group = GROUPS.get(layer.kind)
    if group == "convolution" and layer.kernel == layer.stride == (1, 1):
        group = "pointwise"
    if group is None or not layer.weights or bits == EIGHT_BITS:
        return group
    return f"{group} {bits}"


def features_of(architecture: Architecture, default: Bits = EIGHT_BITS) -> dict[str, Rate]:
    """Multiply-accumulates, output elements and layers of each group.

    `default` are the bits of layers that say nothing of theirs.
    """
    found: dict[str, Rate] = {}
    for layer in architecture.layers:
        bits = Bits(
            cast(Any, layer.weight_bits or default.weights),
            cast(Any, layer.activation_bits or default.activations),
        )
        group = group_of(layer, bits)
        if group is not None:
            old = found.get(group, Rate())
            found[group] = Rate(old.macs + layer.macs, old.outputs + layer.elements, old.layers + 1)
    return found


def check_covers(model: LatencyModel, space: Space) -> None:
    """Raises InputRejected for kinds of layers of the space that the model has no rates of.

    A search would take them to cost nothing, and choose nothing else.
    """
    networks = (space.with_bits(bits).widest for bits in space.bits)
    missing = sorted({group for x in networks for group in features_of(x)} - set(model.rates))
    if missing:
        raise InputRejected(
            f"the latency model has no rates of {', '.join(missing)}, which the space "
            f"{space.name!r} has",
            "fit one to this space, with the same bits: mcugen characterize",
        )


def check_board(model: LatencyModel, board: Board) -> None:
    """Raises InputRejected for a model of another board's times, or another core's instructions.

    Emulated cores of one instruction set run the same instructions.
    """
    if model.board == board.id:
        return
    if model.label == "emulator":
        measured_on = next((known for known in list_boards() if known.id == model.board), None)
        if measured_on is not None and measured_on.isa is board.isa:
            return
    raise InputRejected(
        f"the latency model was measured on {model.board}, which does not tell of {board.id}",
        f"measure there: mcugen characterize --board {board.id}",
    )


def fit(
    samples: Sequence[Sample], board: str, runtime: str, unit: Unit, label: Label
) -> LatencyModel:
    """Rates of least squared relative error, none of them negative.

    Errors are relative so that small networks count. Raises InputRejected for fewer samples than
    rates.
    """
    groups = sorted({group for sample in samples for group in sample.features})
    columns = [(group, field) for group in groups for field in ("macs", "outputs", "layers")]
    matrix = np.array(
        [[getattr(s.features.get(g, Rate()), field) for g, field in columns] for s in samples],
        np.float64,
    ).reshape(len(samples), len(columns))
    taken = np.array([sample.latency for sample in samples])
    columns = [c for c, column in zip(columns, matrix.T, strict=True) if column.any()]
    matrix = matrix[:, matrix.any(axis=0)]
    if len(samples) < len(columns) or not np.all(taken > 0):
        raise InputRejected(
            f"{len(samples)} samples cannot tell {len(columns)} rates apart",
            "measure more networks: two for each rate at least",
        )
    scale = matrix.max(axis=0)
    solution = non_negative_least_squares(
        matrix / scale / taken[:, np.newaxis], np.ones(len(samples))
    )
    rates: dict[str, dict[str, float]] = {}
    for (group, field), value in zip(columns, solution / scale, strict=True):
        rates.setdefault(group, {})[field] = float(value)
    errors = matrix @ (solution / scale) - taken
    variance = float(np.sum((taken - taken.mean()) ** 2))
    r2 = 1.0 - float(np.sum(errors**2)) / variance if variance else 1.0
    return LatencyModel(
        board, runtime, unit, label, {g: Rate(**r) for g, r in rates.items()}, r2, len(samples)
    )


def non_negative_least_squares(matrix: Floats, target: Floats) -> Floats:
    """x >= 0 that minimises |matrix x - target|.

    Source: Lawson and Hanson, "Solving Least Squares Problems", 1974, chapter 23.
    """
    columns = matrix.shape[1]
    x = np.zeros(columns)
    free = np.zeros(columns, bool)
    tolerance = 1e-10 * max(float(np.abs(matrix.T @ target).max(initial=0.0)), 1e-300)
    for _ in range(10 * columns):
        slope = matrix.T @ (target - matrix @ x)
        slope[free] = -np.inf
        if free.all() or slope.max() <= tolerance:
            break
        free[int(slope.argmax())] = True
        while True:
            solved = np.zeros(columns)
            solved[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
            if (solved[free] > 0).all():
                x = solved
                break
            # As far towards the solution as none becomes negative; what gets to 0 stays there.
            down = free & (solved <= 0)
            step = float(np.min(x[down] / np.maximum(x[down] - solved[down], 1e-300)))
            x = x + step * (solved - x)
            free &= x > 1e-12 * max(float(x.max()), 1e-300)
            x[~free] = 0.0
    return x


def write_latency(model: LatencyModel, path: str | Path) -> None:
    """Writes the whole file, or nothing and McugenError."""
    content = {"format": FORMAT, "version": VERSION, **asdict(model)}
    write_output(Path(path), (json.dumps(content, indent=2) + "\n").encode())


def read_latency(path: str | Path) -> LatencyModel:
    """Reads what `write_latency` wrote; raises InputRejected, naming file and field, for others."""
    path = Path(path)
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputRejected(f"cannot read {path}: {error.strerror}", HINT) from None
    except (ValueError, RecursionError):
        raise InputRejected(f"{path} is no JSON file", HINT) from None
    fields = content if isinstance(content, dict) else {}
    for key, value in (("format", FORMAT), ("version", VERSION)):
        if fields.get(key) != value:
            _reject(path, key, f"must be {value!r}")
    for key, allowed in (("unit", get_args(Unit)), ("label", get_args(Label))):
        if fields.get(key) not in allowed:
            _reject(path, key, f"must be {' or '.join(allowed)}")
    for key in ("board", "runtime"):
        if not isinstance(fields.get(key), str):
            _reject(path, key, "must be a name")
    rates = fields.get("rates")
    if not isinstance(rates, dict) or not rates:
        _reject(path, "rates", "must be an object of groups of layers")
    return LatencyModel(
        fields["board"],
        fields["runtime"],
        fields["unit"],
        fields["label"],
        {group: _rate(path, group, rate) for group, rate in rates.items()},
        _number(path, "r2", fields.get("r2"), least=-np.inf),
        int(_number(path, "samples", fields.get("samples"))),
    )


HINT = "mcugen characterize writes such a file"


def _rate(path: Path, group: str, rate: Any) -> Rate:
    place = f"rates[{printable(group, 40)!r}]"
    if not isinstance(rate, dict) or not set(rate) <= {"macs", "outputs", "layers"}:
        _reject(path, place, "must hold macs, outputs and layers")
    return Rate(**{key: _number(path, f"{place}.{key}", value) for key, value in rate.items()})


def _number(path: Path, place: str, value: Any, least: float = 0.0) -> float:
    if type(value) not in (int, float) or not np.isfinite(value) or value < least:
        _reject(path, place, "must be a number, and not below 0")
    return float(value)


def _reject(path: Path, place: str, reason: str) -> NoReturn:
    raise InputRejected(f"{path}: {place} {reason}", HINT)


def _dot(rate: Rate, feature: Rate) -> float:
    return rate.macs * feature.macs + rate.outputs * feature.outputs + rate.layers * feature.layers
