"""Which values the codes of each activation stand for at first, from examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.ir.fixed_point import float32
from mcugen.text import printable
from mcugen.train.spec import Width
from mcugen.train.tensorflow import keras, tf

BATCH = 64
SAMPLE = 1 << 15
"""About how many of an activation's values a search for its range looks at."""

CLIPPED_SHARES = np.linspace(0.15, 1.0, 86)
"""Of the largest magnitude: the ranges that a search tries."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """Codes `low` … `high` lie `step` apart in real values; `zero_point` stands for 0.

    `scale` is the step that the file has to state if a fused activation is to allow just these
    codes; None if it may state any.
    """

    step: float
    zero_point: int
    low: int = -128
    high: int = 127
    scale: float | None = None


@dataclass(frozen=True, eq=False)
class Observed:
    """The extremes of an activation over all examples, and a sample of its values."""

    low: float
    high: float
    sample: Floats


def observe(model: Any, values: Mapping[str, Any], examples: Floats) -> dict[str, Observed]:
    """What symbolic tensors of `model` are for examples [n, *input shape], by name.

    Raises McugenError, naming the tensor, for values that are not finite.
    """
    inner = keras.Model(model.inputs[0], list(values.values()))
    batches = range(0, len(examples), BATCH)
    parts: dict[str, list[Observed]] = {name: [] for name in values}
    for start in batches:
        outputs = tf.nest.flatten(inner(examples[start : start + BATCH], training=False))
        for (name, seen), output in zip(parts.items(), outputs, strict=True):
            flat = output.numpy().ravel()
            low, high = float(flat.min()), float(flat.max())
            if not (np.isfinite(low) and np.isfinite(high)):
                raise McugenError(
                    f"the output of '{printable(name)}' is not finite for some of the examples",
                    "the float model or its features are broken; see the float training",
                )
            seen.append(Observed(low, high, flat[:: 1 + flat.size * len(batches) // SAMPLE]))
    return {
        name: Observed(
            min(part.low for part in seen),
            max(part.high for part in seen),
            np.concatenate([part.sample for part in seen]),
        )
        for name, seen in parts.items()
    }


def relu_range(observed: Observed, bits: Width) -> Range:
    """Of an activation without negative values: all of it at 8 bits, what serves best at 4."""
    if bits == 8:
        return Range(_positive(observed.high / 255.0), -128)
    step = best_step(observed.sample, _positive(observed.high / 15.0), 0, 15)
    return Range(step, -128, -128, -113, float32(6.0 / 15.0))


def linear_range(observed: Observed, bits: Width) -> Range:
    """Of any activation: all of it at 8 bits; at 4, codes -7 … 7 that serve best."""
    if bits == 8:
        low, high = min(observed.low, 0.0), max(observed.high, 0.0)
        step = _positive((high - low) / 255.0)
        return Range(step, int(np.clip(round(-128.0 - low / step), -128, 127)))
    largest = max(-observed.low, observed.high)
    step = best_step(observed.sample, _positive(largest / 7.0), -7, 7)
    return Range(step, 0, -7, 7, float32(1.0 / 7.0))


def best_step(values: Floats, largest: float, low: int, high: int) -> float:
    """The step up to `largest` whose multiples `low` … `high` are nearest to the values.

    Nearest in mean square; large values may be clipped.
    """
    errors = []
    for step in CLIPPED_SHARES * largest:
        nearest = np.clip(np.rint(values / np.float32(step)), low, high)
        errors.append(np.mean((values - nearest * np.float32(step)) ** 2))
    return float(CLIPPED_SHARES[int(np.argmin(errors))] * largest)


def _positive(step: float) -> float:
    """Any step serves an activation that is always 0."""
    return step if step > 0.0 else 1.0
