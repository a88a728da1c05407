"""How many examples a network can be given at once, so that what its layers give fits in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

MOST_BYTES = 1 << 30


def examples_at_once(outputs: Iterable[Any], most: int, element_bytes: int = 4) -> int:
    """At most `most`, and at least 1: for so many, the symbolic tensors take MOST_BYTES."""
    elements: int = sum(math.prod(output.shape[1:]) for output in outputs)
    return max(1, min(most, MOST_BYTES // max(1, elements * element_bytes)))


def outputs_of(model: Any) -> list[Any]:
    """What all layers of a functional model give."""
    return [layer.output for layer in model.layers]
