"""A keyword-spotting network at 8 bits and at 4: DS-CNN's small size, with random weights."""

from __future__ import annotations

from pathlib import Path

from mcugen.ir.graph import DType, Graph
from mcugen.tflite.writer import write_model
from tests.kernels.int4_models import BYTES, SIGNED, UNSIGNED, Chain, Stored

CHANNELS = 64
BLOCKS = 4
WORDS = 12

NETWORKS: dict[str, tuple[Stored, DType]] = {
    "int8": (BYTES, DType.INT8),
    "w4a8": (BYTES, DType.INT4),
    "w4a4 (RELU6, 16 codes)": (UNSIGNED, DType.INT4),
    "w4a4 (RELU_N1_TO_1, 15 codes)": (SIGNED, DType.INT4),
}
"""By name: what activations look like, and the weights of pointwise and dense layers. Those of the
first and of depthwise layers have 8 bits, inputs and outputs too."""


def network(name: str) -> Graph:
    """The network of that name in `NETWORKS`."""
    stored, weights = NETWORKS[name]
    chain = Chain((1, 49, 10, 1), seed=1)
    chain.conv(CHANNELS, (10, 4), (2, 2), out=stored, weights=DType.INT8)
    for _ in range(BLOCKS):
        chain.depthwise(out=stored).conv(CHANNELS, out=stored, weights=weights)
    return chain.average_pool((25, 5)).dense(WORDS, weights=weights).graph()


def write_networks(folder: Path) -> dict[str, Path]:
    """The networks as .tflite files, by name."""
    paths = {}
    for i, name in enumerate(NETWORKS):
        paths[name] = folder / f"kws_{i}.tflite"
        paths[name].write_bytes(write_model(network(name)))
    return paths
