"""What the terminal shows of quantize."""

from __future__ import annotations

import math

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable, shorten
from mcugen.report.tables import bullets, cell, shape, size, table
from mcugen.report.view import View, verdict
from mcugen.results import QuantizedLayer, QuantizeResult

TABLE_COLUMNS = 94
"""What the table of the layers takes without their names, shapes included."""
LEAST_NAME = 12


def quantize_view(result: QuantizeResult, columns: int) -> View:
    """What was saved and what it costs; `columns` is the terminal's width."""
    rewritten = [x for x in result.layers if x.bits_after != x.bits_before]
    line = (
        f"wrote {result.output}: {len(rewritten)} of {len(result.layers)} layers in 4 bits, "
        f"weights {result.weights_bytes_before:,} B → {result.weights_bytes_after:,} B"
    )
    body: list[RenderableType] = [_figures(result), _layers(result, columns)]
    if result.notes:
        body.append(bullets("Notes:", result.notes))
    return View(verdict(True, printable(line)), tuple(body))


def _figures(result: QuantizeResult) -> RenderableType:
    source = result.sources.get
    on = f"{result.inputs:,} inputs" + ("" if result.seed is None else f", seed {result.seed}")
    rows: list[tuple[object, ...]] = [
        (
            "weights",
            size(result.weights_bytes_before),
            size(result.weights_bytes_after),
            source("weights_bytes"),
        ),
        (
            "file",
            size(result.file_bytes_before),
            size(result.file_bytes_after),
            source("file_bytes"),
        ),
        (
            "output, signal to noise in dB",
            None,
            _decibels(result.output_sqnr_db),
            f"{source('output_sqnr_db')}, {on}",
        ),
    ]
    if result.agreement is not None:
        rows.append(
            (
                "largest output is the same",
                None,
                _share(result.agreement),
                f"{source('agreement')}, {on}",
            )
        )
    if result.accuracy_before is not None and result.accuracy_after is not None:
        accuracies = _share(result.accuracy_before), _share(result.accuracy_after)
        rows.append(("accuracy", *accuracies, f"{source('accuracy_after')}, {on}"))
    return table(result.model, ["=", ">before", ">after", "source"], rows)


def _layers(result: QuantizeResult, columns: int) -> RenderableType:
    head = [">#", "=operator", "=bits", ">bytes", ">clip", ">weights", ">layer", ">network"]
    rows = [_layer(layer) for layer in result.layers]
    if columns >= TABLE_COLUMNS:
        head.append("=weights")
        for row, layer in zip(rows, result.layers, strict=True):
            row.append(shape(layer.shape))
    if columns >= TABLE_COLUMNS + LEAST_NAME:
        head.append("=output")
        for row, layer in zip(rows, result.layers, strict=True):
            row.append(shorten(layer.name, columns - TABLE_COLUMNS))
    title = "Signal to noise in dB: of the weights, of the layer by itself, and in the network"
    return table(title, head, rows)


def _layer(x: QuantizedLayer) -> list[object]:
    kept = x.bits_after == x.bits_before
    clip = sum(x.clips) / len(x.clips) if x.clips else None
    return [
        x.index,
        x.op,
        str(x.bits_after) if kept else f"{x.bits_before} → {x.bits_after}",
        x.weights_bytes_after,
        None if clip is None else Text(f"{clip:.2f}"),
        None if kept else _decibels(x.weights_sqnr_db),
        None if kept else _decibels(x.layer_sqnr_db),
        _decibels(x.network_sqnr_db),
    ]


def _decibels(value: float) -> Text:
    if math.isinf(value):
        return Text("exact") if value > 0 else cell(None)
    return Text(f"{value:.1f}")


def _share(part: float) -> Text:
    return Text(f"{100 * part:.2f} %")
