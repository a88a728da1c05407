"""`quantize`: a model file with int4 weights, and the account of what they cost."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import Graph
from mcugen.ir.ops.weighted import channel_axis
from mcugen.ir.support import check_supported
from mcugen.model import Model
from mcugen.output_file import check_output as check_new_file
from mcugen.output_file import write_output
from mcugen.progress import Progress, silent
from mcugen.quantization.measure import Comparison, Error, compare, is_classifier, mean_inputs
from mcugen.quantization.rewrite import real_values, to_int4
from mcugen.quantization.scales import LIMIT
from mcugen.quantization.selection import layer_number, select, weighted_layers
from mcugen.results import QuantizedLayer, QuantizeResult
from mcugen.samples import Sample
from mcugen.text import printable
from mcugen.tflite.writer import write_model

WEIGHTS = ("int4",)
LOW_SQNR_DB = 15.0
"""A layer that comes out worse than this, by its own weights alone, is worth a word."""

REFERENCE = "reference (numpy)"
SOURCES = {
    "weights_bytes": "static (constants of the file)",
    "file_bytes": "static (size of the file)",
    "weights_sqnr_db": "static (weights before and after)",
    **dict.fromkeys(
        (
            *("layer_sqnr_db", "network_sqnr_db", "output_sqnr_db", "agreement"),
            *("accuracy_before", "accuracy_after"),
        ),
        REFERENCE,
    ),
}


def check_output(model: Path, output: Path, force: bool) -> None:
    """Raises InputRejected if the new file cannot or should not be written there."""
    if output.exists() and model.exists() and output.samefile(model):
        raise InputRejected(f"{output} is the model itself", "choose another name with -o")
    check_new_file(output, force)


def quantize(
    model: Model,
    output: Path,
    samples: Sequence[Sample],
    *,
    layers: Sequence[str] = (),
    skip: Sequence[str] = (),
    labels: npt.NDArray[np.int64] | None = None,
    seed: int | None = None,
    bias_correction: bool = True,
    progress: Progress = silent,
) -> QuantizeResult:
    """Writes `model` with int4 weights to `output`, and measures the loss on `samples`.

    `layers` and `skip` are as for `select`; `labels` has the class of each sample, and `seed` what
    the samples were drawn from if they are random. Raises InputRejected if a layer cannot be
    rewritten, McugenError if the file cannot be written: then there is none.
    """
    graph = model.graph
    selected = select(graph, layers, skip)
    if labels is not None:
        _check_labels(graph, labels, len(samples))
    means = mean_inputs(graph, selected, samples, progress) if bias_correction else None
    rewritten = to_int4(graph, selected, means)
    try:
        check_supported(rewritten)
    except InputRejected as error:
        raise InputRejected(f"with int4 weights, {error.message}", "--skip that layer") from None
    operators = weighted_layers(graph)
    comparison = compare(graph, rewritten, operators, samples, progress)
    data = write_model(rewritten)
    write_output(output, data)
    found = tuple(
        _layer(graph, rewritten, i, i in selected, comparison.layers[i], comparison.alone[i])
        for i in operators
    )
    before, after = _accuracy(comparison, labels)
    return QuantizeResult(
        model=str(model.path),
        output=output,
        weights="int4",
        layers=found,
        weights_bytes_before=sum(_weight_sizes(graph, operators)),
        weights_bytes_after=sum(_weight_sizes(rewritten, operators)),
        file_bytes_before=len(model.data),
        file_bytes_after=len(data),
        bias_correction=bias_correction,
        inputs=len(samples),
        seed=seed,
        output_sqnr_db=comparison.output.sqnr_db,
        agreement=_agreement(comparison),
        accuracy_before=before,
        accuracy_after=after,
        model_sha256=model.sha256,
        output_sha256=hashlib.sha256(data).hexdigest(),
        notes=(*model.notes, *_notes(graph, selected, found, seed)),
        sources=SOURCES,
    )


def _check_labels(graph: Graph, labels: npt.NDArray[np.int64], samples: int) -> None:
    if not is_classifier(graph):
        raise InputRejected(
            "the inputs come with labels, but the model has no single output of classes",
            "leave the labels out of the file",
        )
    if len(labels) != samples:
        raise InputRejected(f"there are {len(labels)} labels for {samples} inputs")
    classes = graph.tensors[graph.outputs[0]].elements
    if classes > 1 and not 0 <= labels.min() <= labels.max() < classes:
        raise InputRejected(
            f"the labels are {labels.min()} … {labels.max()}, the model has {classes} classes",
            f"a label is the index of the right output, 0 … {classes - 1}",
        )


def _layer(
    graph: Graph, rewritten: Graph, i: int, selected: bool, network: Error, alone: Error
) -> QuantizedLayer:
    before, after = (g.operands(g.operators[i]) for g in (graph, rewritten))
    axis = channel_axis(before)
    old, new = (np.moveaxis(real_values(x.input(1), axis), axis, 0) for x in (before, after))
    error = Error()
    error.add(old, new)
    quantization, scales = after.input(1).q, after.input(1).q.scales
    groups = old.reshape(len(scales), -1)
    largest = np.abs(groups).max(axis=1)
    clips = np.divide(
        np.multiply(scales, LIMIT), largest, where=largest > 0, out=np.ones(len(groups))
    )
    return QuantizedLayer(
        index=layer_number(graph, i),
        op=before.operator.name,
        name=before.output().name,
        shape=before.input(1).shape,
        bits_before=before.input(1).dtype.bits,
        bits_after=after.input(1).dtype.bits,
        weights_bytes_before=before.input(1).size_bytes,
        weights_bytes_after=after.input(1).size_bytes,
        per_channel=quantization.is_per_channel,
        scales=scales if selected else (),
        clips=tuple(clips.tolist()) if selected else (),
        weights_max_error=float(np.abs(new - old).max()),
        weights_sqnr_db=error.sqnr_db,
        layer_sqnr_db=alone.sqnr_db,
        network_sqnr_db=network.sqnr_db,
    )


def _weight_sizes(graph: Graph, operators: Collection[int]) -> list[int]:
    """Bytes of every weights tensor, one that several operators share counted once."""
    return [graph.tensors[t].size_bytes for t in {graph.operators[i].inputs[1] for i in operators}]


def _agreement(comparison: Comparison) -> float | None:
    pairs = comparison.classes
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _accuracy(
    comparison: Comparison, labels: npt.NDArray[np.int64] | None
) -> tuple[float | None, float | None]:
    if labels is None:
        return None, None
    right: npt.NDArray[Any] = np.array(comparison.classes) == labels.reshape(-1, 1)
    before, after = right.mean(axis=0).tolist()
    return before, after


def _notes(
    graph: Graph, selected: Collection[int], layers: Sequence[QuantizedLayer], seed: int | None
) -> list[str]:
    notes = []
    if seed is not None:
        notes.append(
            "random inputs stand for real ones: give --calibration FILE for better biases and for "
            "figures that mean something"
        )
    merged = [
        layer_number(graph, i)
        for i in selected
        if graph.operators[i].name == "FULLY_CONNECTED"
        and graph.operands(graph.operators[i]).input(1).q.is_per_channel
    ]
    if merged:
        notes.append(
            f"layer {_numbers(merged)}: the scales of the units become one, as TFLM takes no "
            "per-channel int4 in FULLY_CONNECTED"
        )
    poor = [x.index for x in layers if x.bits_after == 4 and x.layer_sqnr_db < LOW_SQNR_DB]
    if poor:
        notes.append(
            f"layer {_numbers(poor)}: its own weights leave less than {LOW_SQNR_DB:g} dB; "
            f"--skip {_numbers(poor, ',')} keeps 8 bits there"
        )
    return [printable(note, 400) for note in notes]


def _numbers(indices: Sequence[int], separator: str = ", ") -> str:
    return separator.join(str(i) for i in indices)
