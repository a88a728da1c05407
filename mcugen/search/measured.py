"""What networks took, as measured: samples.csv, and layers.csv beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcugen.errors import InputRejected
from mcugen.output_file import write_output
from mcugen.search.latency import Rate, Unit

SAMPLES, LAYERS = "samples.csv", "layers.csv"

OTHER = "other"
"""The group of operators that take hardly any time, and none that a model accounts for."""


@dataclass(frozen=True)
class MeasuredLayer:
    """An operator as it ran. `group` is that of latency models; `taken` is in the sample's unit."""

    name: str
    operator: str
    group: str
    kernel: str
    macs: int
    outputs: int
    taken: float


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network as it ran: one inference, operator by operator.

    `number` counts from 0. `ops` are two for each multiply-accumulate that ran, `file_ops` those of
    the file: of channels that random weights leave constant, none ran.
    """

    number: int
    ops: int
    file_ops: int
    params: int
    taken: float
    layers: tuple[MeasuredLayer, ...]

    @property
    def features(self) -> dict[str, Rate]:
        """What a latency model computes with, of what ran."""
        found: dict[str, Rate] = {}
        for layer in self.layers:
            if layer.group != OTHER:
                old = found.get(layer.group, Rate())
                found[layer.group] = Rate(
                    old.macs + layer.macs, old.outputs + layer.outputs, old.layers + 1
                )
        return found


def write_measured(folder: Path, networks: Sequence[MeasuredNetwork], unit: Unit) -> None:
    """Writes both files, each whole or not at all; samples.csv last."""
    network_columns = ("network", "ops", "file_ops", "params", unit)
    layer_columns = ("network", "layer", "operator", "group", "kernel", "macs", "outputs", unit)
    layers = [
        (n.number, x.name, x.operator, x.group, x.kernel, x.macs, x.outputs, f"{x.taken:.12g}")
        for n in networks
        for x in n.layers
    ]
    samples = [(n.number, n.ops, n.file_ops, n.params, f"{n.taken:.12g}") for n in networks]
    write_output(folder / LAYERS, _csv(layer_columns, layers))
    write_output(folder / SAMPLES, _csv(network_columns, samples))


def read_measured(folder: Path, unit: Unit) -> tuple[MeasuredNetwork, ...]:
    """The networks of samples.csv with their layers; none if there is no file.

    Raises InputRejected for files that `write_measured` did not write.
    """
    if not (folder / SAMPLES).is_file():
        return ()
    try:
        layers: dict[int, list[MeasuredLayer]] = {}
        for row in _rows(folder / LAYERS):
            layers.setdefault(int(row["network"]), []).append(
                MeasuredLayer(
                    row["layer"],
                    row["operator"],
                    row["group"],
                    row["kernel"],
                    int(row["macs"]),
                    int(row["outputs"]),
                    float(row[unit]),
                )
            )
        return tuple(
            MeasuredNetwork(
                int(row["network"]),
                int(row["ops"]),
                int(row["file_ops"]),
                int(row["params"]),
                float(row[unit]),
                tuple(layers[int(row["network"])]),
            )
            for row in _rows(folder / SAMPLES)
        )
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        raise InputRejected(
            f"{folder / SAMPLES} or {LAYERS} beside it is damaged", "begin anew: --force"
        ) from None


def _csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if "network" not in (reader.fieldnames or ()):
            raise ValueError("no header")
        return list(reader)
