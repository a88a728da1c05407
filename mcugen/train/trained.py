"""Networks that runs have trained, built again from their checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.architecture import Architecture, Layer, architecture_from_json, architecture_to_json
from mcugen.errors import InputRejected
from mcugen.train.checkpoint import Checkpoint, read_checkpoint, set_weights
from mcugen.train.float_model import float_model
from mcugen.train.origin import DataOrigin
from mcugen.train.qat import quantize
from mcugen.train.spec import Bits, QuantizationSpec, spec_from_json
from mcugen.train.stages import FLOAT, QAT, checkpoint_of


@dataclass(frozen=True, eq=False)
class Trained:
    """The best weights of a stage.

    `spec` is None for a float network. `data` is the JSON form of a `DataOrigin`, unchecked.
    """

    model: Any
    architecture: Architecture
    spec: QuantizationSpec | None
    checkpoint: Path
    data: Any


def describe(
    stage: str,
    architecture: Architecture,
    spec: QuantizationSpec | None = None,
    *,
    data: DataOrigin | None = None,
) -> dict[str, Any]:
    """What a checkpoint needs to say for `load_trained`."""
    return {
        "stage": stage,
        "data": None if data is None else data.to_json(),
        "architecture": architecture_to_json(architecture),
        "bits": None if spec is None else spec.to_json(),
    }


def load_trained(path: Path, stages: tuple[str, ...] = (QAT, FLOAT)) -> Trained:
    """The network of a checkpoint, or of the first of `stages` that a run's folder has.

    Raises InputRejected if there is none, or if it is of another stage.
    """
    file = checkpoint_of(path, stages)
    checkpoint = read_checkpoint(file)
    stage, architecture, spec = _description(checkpoint, file)
    if stage not in stages:
        raise InputRejected(
            f"'{file}' holds the stage {stage}; needed is {' or '.join(stages)}",
            "give a run's folder, or one of the files in its checkpoints/",
        )
    model = float_model(architecture)
    if spec is not None:
        # Ranges are weights too: whatever the calibration finds is replaced.
        examples = np.random.default_rng(0).normal(size=(2, *architecture.input))
        model = quantize(model, spec, examples.astype(np.float32), name=architecture.name)
    set_weights(model, checkpoint.best, f"'{file}'")
    return Trained(model, architecture, spec, file, checkpoint.about.get("data"))


def without_bits(architecture: Architecture) -> tuple[Layer, ...]:
    """The layers, whatever bits they are to have: what a float network consists of."""
    return tuple(
        replace(layer, weight_bits=None, activation_bits=None) for layer in architecture.layers
    )


def with_bits_of(architecture: Architecture, spec: QuantizationSpec) -> QuantizationSpec:
    """`spec` for an architecture whose layers may have bits of their own.

    A pattern that fits the layer's name counts before these, these before `spec.default`.
    """
    own = []
    for layer in architecture.layers:
        if layer.weight_bits or layer.activation_bits:
            default = spec.bits_of(layer.name, depthwise=layer.kind == "DEPTHWISE_CONV_2D")
            bits = Bits(
                layer.weight_bits or default.weights,  # type: ignore[arg-type]
                layer.activation_bits or default.activations,  # type: ignore[arg-type]
            )
            own.append((layer.name, bits))
    return replace(spec, layers=(*own, *spec.layers))


def _description(
    checkpoint: Checkpoint, file: Path
) -> tuple[str, Architecture, QuantizationSpec | None]:
    """The inverse of `describe`."""
    try:
        bits = checkpoint.about["bits"]
        architecture = architecture_from_json(checkpoint.about["architecture"])
        spec = None if bits is None else spec_from_json(bits)
        return str(checkpoint.about["stage"]), architecture, spec
    except (KeyError, ValueError, TypeError, InputRejected) as error:
        raise InputRejected(f"'{file}' does not say what it is of: {error}") from None
