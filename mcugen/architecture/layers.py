"""The primitive layers that an architecture consists of: one per operator of the exported file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
"""Of one example, without the batch: (height, width, channels) or (features,)."""

Activation = Literal["none", "relu", "relu6"]

Kind = Literal[
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "PAD",
    "AVERAGE_POOL_2D",
    "RESHAPE",
    "SOFTMAX",
]
"""TFLite's names. PAD appends channels of zeros; AVERAGE_POOL_2D averages a whole map."""

INPUT = "input"
"""The name under which layers refer to the network's input."""


@dataclass(frozen=True)
class Layer:
    """One operator. Convolutions pad as TensorFlow's "same" does; depthwise ones have multiplier 1.

    `inputs` names the layers it reads, or INPUT; `shape` is its output's. `weights` and `biases`
    count constants after batch normalisation is folded: every weighted layer has one bias an output
    channel. Bits are None where the architecture leaves them to who quantizes.
    """

    kind: Kind
    name: str
    inputs: tuple[str, ...]
    shape: Shape
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    activation: Activation = "none"
    has_batch_norm: bool = False
    weights: int = 0
    biases: int = 0
    macs: int = 0
    weight_bits: int | None = None
    activation_bits: int | None = None

    @property
    def params(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def elements(self) -> int:
        """Elements of the output, for one example."""
        return math.prod(self.shape)
