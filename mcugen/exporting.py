"""`export`: the .tflite file of an architecture, untrained, or of what a run has trained."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcugen.architecture import Architecture, read_architecture
from mcugen.errors import InputRejected
from mcugen.output_file import check_output, write_output
from mcugen.passes import run_passes
from mcugen.passes.channel_ranges import WEIGHTED
from mcugen.progress import Progress, silent
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.tflite.reader import read_model
from mcugen.train.export import export_model
from mcugen.train.spec import parse_bits

if TYPE_CHECKING:
    from mcugen.train.network import Network

DEFAULT_BITS = "8"
CALIBRATION_EXAMPLES = 64
RANDOM_RANGES = "ranges of activations are from random inputs: accuracy means nothing"

STATIC = "static (the written file)"
SOURCES = {
    **dict.fromkeys(("operators", "macs", "params", "weights_bytes", "file_bytes"), STATIC),
    "arena_bytes": "static (memory plan of the aot runtime, portable kernels)",
}


@dataclass(frozen=True)
class Figures:
    """What a model takes. `operators` counts them by kind, `params` weights and biases."""

    operators: dict[str, int]
    macs: int
    params: int
    weights_bytes: int
    arena_bytes: int


@dataclass(frozen=True)
class ExportResult:
    """Outcome of `export`.

    `checkpoint` is the file that the weights are from; None for random ones, from `seed`.
    """

    source: str
    name: str
    output: Path
    bits: str
    softmax: bool
    checkpoint: Path | None
    seed: int | None
    operators: dict[str, int]
    macs: int
    params: int
    weights_bytes: int
    arena_bytes: int
    file_bytes: int
    output_sha256: str
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


def export(
    source: str | Path,
    output: str | Path,
    *,
    bits: str | None = None,
    seed: int = 0,
    softmax: bool | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> ExportResult:
    """Writes `source` to the .tflite file `output`.

    `source` is an architecture's name or arch.json, for random weights from `seed` and ranges from
    random inputs; or a run's folder or one of its checkpoints, for the best weights of the last
    stage. `bits` is as for `train`, 8 by default; a network that was trained with its own keeps
    them. `softmax` says whether probabilities or logits come out, by default what the architecture
    says. Raises InputRejected for an unacceptable argument.
    """
    output = Path(output)
    check_output(output, force)
    progress("quantizing", 0, 0)
    path = Path(source)
    if path.is_dir() or path.suffix == ".npz":
        origin = _trained(path, bits, seed)
    else:
        origin = _untrained(read_architecture(source), bits or DEFAULT_BITS, seed)
    with_softmax = origin.architecture.has_softmax if softmax is None else softmax
    data = export_model(origin.network, softmax=with_softmax, metadata=origin.metadata)
    progress("planning memory", 0, 0)
    numbers = dataclasses.asdict(figures(data))
    write_output(output, data)
    return ExportResult(
        source=str(source),
        name=origin.architecture.name,
        output=output,
        bits=origin.bits,
        softmax=with_softmax,
        checkpoint=origin.checkpoint,
        seed=None if origin.checkpoint else seed,
        file_bytes=len(data),
        output_sha256=hashlib.sha256(data).hexdigest(),
        notes=(RANDOM_RANGES,) if origin.random_ranges else (),
        sources=SOURCES,
        **numbers,
    )


def figures(data: bytes) -> Figures:
    """What the .tflite file with these bytes takes."""
    graph = read_model(data, "model").graph
    layers = [x for x in graph if x.operator.name in WEIGHTED]
    constants = {t: graph.tensors[t] for x in layers for t in x.operator.inputs[1:] if t >= 0}
    weights = {x.operator.inputs[1] for x in layers}
    return Figures(
        operators=dict(Counter(x.operator.name for x in graph)),
        macs=graph.macs,
        params=sum(tensor.elements for tensor in constants.values()),
        weights_bytes=sum(constants[t].size_bytes for t in weights),
        arena_bytes=lower_graph(run_passes(graph)).arena_bytes,
    )


@dataclass(frozen=True, eq=False)
class _Origin:
    """A network and where it is from; with `random_ranges` those of its activations are random."""

    network: Network
    architecture: Architecture
    bits: str
    checkpoint: Path | None
    random_ranges: bool
    metadata: dict[str, Any]


def _untrained(architecture: Architecture, bits: str, seed: int) -> _Origin:
    from mcugen.train.float_model import float_model

    network = _quantized(float_model(architecture, seed), architecture, bits, seed)
    return _Origin(network, architecture, bits, None, True, {"weights": f"random, seed {seed}"})


def _trained(path: Path, bits: str | None, seed: int) -> _Origin:
    from mcugen.train.qat import to_network
    from mcugen.train.trained import load_trained

    found = load_trained(path)
    digest = hashlib.sha256(found.checkpoint.read_bytes()).hexdigest()
    if found.spec is None:
        bits = bits or DEFAULT_BITS
        network = _quantized(found.model, found.architecture, bits, seed)
    elif bits is None:
        network, bits = to_network(found.model), str(found.spec)
    else:
        raise InputRejected(
            f"'{found.checkpoint}' is of a network that was trained with bits of its own",
            "leave --bits out, or give the run's checkpoints/float.npz",
        )
    return _Origin(
        network,
        found.architecture,
        bits,
        found.checkpoint,
        found.spec is None,
        {"checkpoint_sha256": digest, "bits": bits, **_report_of(found.checkpoint)},
    )


def _report_of(checkpoint: Path) -> dict[str, str]:
    """The hash of the report that the checkpoint's run ended with; nothing if there is none."""
    try:
        report = json.loads((checkpoint.parent.parent / "report.json").read_text(encoding="utf-8"))
        digest = report["report_sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    told = isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest)
    return {"training_report_sha256": digest} if told else {}


def _quantized(model: Any, architecture: Architecture, bits: str, seed: int) -> Network:
    """`model` quantized, its ranges from random inputs."""
    from mcugen.train.qat import quantize, to_network
    from mcugen.train.trained import with_bits_of

    shape = (CALIBRATION_EXAMPLES, *architecture.input)
    inputs = np.random.default_rng(seed).standard_normal(shape, np.float32)
    spec = with_bits_of(architecture, parse_bits(bits))
    return to_network(quantize(model, spec, inputs, name=architecture.name))
