"""How well operations stand for latency, and how well a model of layers does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcugen.errors import InputRejected
from mcugen.search.latency import Label, LatencyModel, Rate, Sample, Unit, fit
from mcugen.search.measured import OTHER, MeasuredLayer, MeasuredNetwork

FOLDS = 5


@dataclass(frozen=True)
class Line:
    """taken = slope * ops + intercept, of least squares; `r2` is the explained share of variance.

    `error` is the median over networks of the relative error, signs left out.
    """

    slope: float
    intercept: float
    r2: float
    error: float


@dataclass(frozen=True)
class GroupFigures:
    """One group of layers, over all networks.

    Shares are of all operations and of all that was taken. `per_op` is what an operation took in
    the median layer, `per_op_low` and `per_op_high` in the 10th and 90th percentile; None where
    layers have no operations. `residual` is the group's part of what the line is wrong by in the
    mean network, as a share of what that took: above 0, operations promise too little. `error` is
    the median relative error of the model for a layer; None without a model.
    """

    group: str
    layers: int
    ops_share: float
    taken_share: float
    per_op: float | None
    per_op_low: float | None
    per_op_high: float | None
    residual: float
    error: float | None


def fit_line(networks: Sequence[MeasuredNetwork]) -> Line:
    """Raises InputRejected for fewer than two networks, or if all have the same operations."""
    ops = np.array([n.ops for n in networks], np.float64)
    taken = np.array([n.taken for n in networks])
    if len(ops) < 2 or np.ptp(ops) == 0:
        raise InputRejected(
            f"a line cannot be fitted to {len(ops)} networks", "measure more: --samples"
        )
    slope = float(np.cov(ops, taken, bias=True)[0, 1] / np.var(ops))
    intercept = float(taken.mean() - slope * ops.mean())
    predicted = slope * ops + intercept
    return Line(slope, intercept, _r2(predicted, taken), _error(predicted, taken))


def fit_latency(
    networks: Sequence[MeasuredNetwork], board: str, runtime: str, unit: Unit, label: Label
) -> LatencyModel:
    """A model whose rates are fitted to single layers, and whose r2 is that of whole networks.

    Raises InputRejected for fewer layers than rates.
    """
    samples = [
        Sample({layer.group: _rate(layer)}, layer.taken)
        for network in networks
        for layer in network.layers
        if layer.group != OTHER and layer.taken > 0
    ]
    model = fit(samples, board, runtime, unit, label)
    taken = np.array([network.taken for network in networks])
    predicted = np.array([model.of(network.features) for network in networks])
    return replace(model, r2=_r2(predicted, taken), samples=len(networks))


def held_out_error(networks: Sequence[MeasuredNetwork], model: LatencyModel) -> float | None:
    """Median relative error for networks that were left out of the fit; None for too few.

    Each FOLDS-th network is predicted by a model of the others.
    """
    if len(networks) < FOLDS:
        return None
    errors: list[float] = []
    for fold in range(FOLDS):
        rest = [n for i, n in enumerate(networks) if i % FOLDS != fold]
        try:
            fitted = fit_latency(rest, model.board, model.runtime, model.unit, model.label)
        except InputRejected:
            return None
        errors += [abs(fitted.of(n.features) / n.taken - 1.0) for n in networks[fold::FOLDS]]
    return float(np.median(errors))


def group_figures(
    networks: Sequence[MeasuredNetwork], line: Line, model: LatencyModel | None
) -> tuple[GroupFigures, ...]:
    """The groups, the one that takes most first."""
    groups: dict[str, list[MeasuredLayer]] = {}
    for network in networks:
        for layer in network.layers:
            groups.setdefault(layer.group, []).append(layer)
    all_ops = sum(n.ops for n in networks)
    all_taken = sum(n.taken for n in networks)
    found = []
    for group, layers in groups.items():
        ops, taken = 2 * sum(x.macs for x in layers), sum(x.taken for x in layers)
        per_op = [x.taken / (2 * x.macs) for x in layers if x.macs]
        low, middle, high = np.percentile(per_op, [10, 50, 90]) if per_op else [None] * 3
        found.append(
            GroupFigures(
                group=group,
                layers=len(layers),
                ops_share=ops / all_ops,
                taken_share=taken / all_taken,
                per_op=_float(middle),
                per_op_low=_float(low),
                per_op_high=_float(high),
                residual=(taken - line.slope * ops) / all_taken,
                error=_layer_error(layers, model),
            )
        )
    return tuple(sorted(found, key=lambda figures: -figures.taken_share))


def _layer_error(layers: Sequence[MeasuredLayer], model: LatencyModel | None) -> float | None:
    if model is None or layers[0].group not in model.rates:
        return None
    predicted = np.array([model.of({x.group: _rate(x)}) for x in layers])
    return _error(predicted, np.array([x.taken for x in layers]))


def _rate(layer: MeasuredLayer) -> Rate:
    return Rate(layer.macs, layer.outputs, 1)


def _r2(predicted: np.ndarray, taken: np.ndarray) -> float:
    variance = float(np.sum((taken - taken.mean()) ** 2))
    return 1.0 - float(np.sum((predicted - taken) ** 2)) / variance if variance else 1.0


def _error(predicted: np.ndarray, taken: np.ndarray) -> float:
    return float(np.median(np.abs(predicted - taken) / np.maximum(taken, 1e-9)))


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
