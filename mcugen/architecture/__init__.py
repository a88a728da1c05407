"""Architectures: networks as data, before and after training."""

from mcugen.architecture.architecture import Architecture
from mcugen.architecture.files import (
    architecture_from_json,
    architecture_to_json,
    read_architecture,
    write_architecture,
)
from mcugen.architecture.layers import INPUT, Layer
from mcugen.architecture.named import names

__all__ = [
    "INPUT",
    "Architecture",
    "Layer",
    "architecture_from_json",
    "architecture_to_json",
    "names",
    "read_architecture",
    "write_architecture",
]
