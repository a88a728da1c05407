"""How many bits each layer gets. Needs no TensorFlow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast

from mcugen.errors import InputRejected
from mcugen.text import printable

Width = Literal[4, 8]

EXAMPLE = (
    '{"default": "w4a4", "layers": {"classifier": "w8a8", "ds_*": "w4a8"}, "depthwise_weights": 8}'
)


@dataclass(frozen=True)
class Bits:
    """Of a layer's weights, and of the activations that it writes."""

    weights: Width
    activations: Width

    def __str__(self) -> str:
        return f"w{self.weights}a{self.activations}"


@dataclass(frozen=True)
class QuantizationSpec:
    """Bits of every layer: `default`, or those of the last pattern in `layers` that fits its name.

    Patterns are those of a shell: `ds_*.depthwise`. `depthwise_weights` sets depthwise
    convolutions' weights where no pattern does. Whatever is asked for, the network's input and
    output and what an addition reads or writes have 8 bits.
    """

    default: Bits = Bits(8, 8)
    layers: tuple[tuple[str, Bits], ...] = ()
    depthwise_weights: Width | None = None

    def bits_of(self, layer: str, *, depthwise: bool = False) -> Bits:
        """The bits that the layer of this name is to have."""
        for pattern, bits in reversed(self.layers):
            if fnmatchcase(layer, pattern):
                return bits
        if depthwise and self.depthwise_weights:
            return Bits(self.depthwise_weights, self.default.activations)
        return self.default

    def __str__(self) -> str:
        """`w4a4`, or with what differs from it: `w4a4, classifier w8a8, depthwise weights 8`."""
        depthwise = self.depthwise_weights
        parts = [str(self.default), *(f"{name} {bits}" for name, bits in self.layers)]
        return ", ".join(parts + ([f"depthwise weights {depthwise}"] if depthwise else []))

    def to_json(self) -> dict[str, Any]:
        """As a file of bits holds it."""
        layers: dict[str, str] = {}
        for pattern, bits in self.layers:
            layers.pop(pattern, None)  # the last of equal ones counts, and so does its place
            layers[pattern] = str(bits)
        return {
            "default": str(self.default),
            "layers": layers,
            "depthwise_weights": self.depthwise_weights,
        }

    def check_patterns(self, layers: Sequence[str]) -> None:
        """Raises InputRejected for a pattern that fits none of these names."""
        for pattern, _ in self.layers:
            if not any(fnmatchcase(layer, pattern) for layer in layers):
                raise InputRejected(
                    f"no layer is called '{printable(pattern)}'",
                    f"layers that take bits: {', '.join(map(printable, layers))}",
                )


def parse_bits(text: str) -> QuantizationSpec:
    """Reads "8", "w8a8", "w4a8", "w4a4" or "w8a4", or else the JSON file of that name.

    Raises InputRejected for anything else.
    """
    bits = _bits("w8a8" if text == "8" else text)
    if bits is not None:
        return QuantizationSpec(bits)
    if not text.endswith(".json"):
        raise InputRejected(
            f"bits '{printable(text)}' are not known",
            "give 8, w8a8, w4a8, w4a4, w8a4 or a .json file that names them layer by layer",
        )
    try:
        return spec_from_json(json.loads(Path(text).read_text(encoding="utf-8")))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputRejected(f"cannot read '{printable(text)}': {reason}") from None
    except (ValueError, RecursionError) as error:
        raise InputRejected(
            f"'{printable(text)}' is no file of bits: {printable(str(error))}",
            f"it looks like this: {EXAMPLE}",
        ) from None


def spec_from_json(fields: Any) -> QuantizationSpec:
    """What such a file holds; raises ValueError for what is not as in `EXAMPLE`."""
    if not isinstance(fields, Mapping):
        raise ValueError("it holds no object")
    for name in fields.keys() - {"default", "layers", "depthwise_weights"}:
        raise ValueError(f"unknown field {name!r}")
    layers = fields.get("layers", {})
    if not isinstance(layers, Mapping):
        raise ValueError("'layers' is no object")
    depthwise = fields.get("depthwise_weights")
    if depthwise not in (None, 4, 8):
        raise ValueError(f"'depthwise_weights' is {depthwise!r}, not 4 or 8")
    return QuantizationSpec(
        _required_bits("default", fields.get("default", "w8a8")),
        tuple((name, _required_bits(name, value)) for name, value in layers.items()),
        depthwise,
    )


def _bits(text: object) -> Bits | None:
    match = re.fullmatch("w([48])a([48])", text) if isinstance(text, str) else None
    if match is None:
        return None
    return Bits(cast(Width, int(match[1])), cast(Width, int(match[2])))


def _required_bits(name: str, value: object) -> Bits:
    bits = _bits(value)
    if bits is None:
        raise ValueError(f"{name!r} is {value!r}, not one of w8a8, w4a8, w4a4, w8a4")
    return bits
