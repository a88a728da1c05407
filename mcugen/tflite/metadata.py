"""What a file says of its making: a JSON object under the metadata entry "mcugen"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.text import printable
from mcugen.version import VERSION

NAME = "mcugen"
LIMIT_BYTES = 4096
SHOWN_CHARACTERS = 300


def pack(facts: Mapping[str, Any]) -> dict[str, bytes]:
    """The metadata entry that holds mcugen's version and JSON-able `facts`."""
    record = json.dumps({"version": VERSION, **facts}, sort_keys=True)
    return {NAME: record.encode("ascii")}


def unpack(metadata: Mapping[str, npt.NDArray[np.uint8]]) -> dict[str, Any]:
    """The facts in a file's metadata; empty where there are none, or nothing that can be read."""
    entry = metadata.get(NAME)
    if entry is None or entry.size > LIMIT_BYTES:
        return {}
    try:
        facts = json.loads(entry.tobytes())
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def origin(metadata: Mapping[str, npt.NDArray[np.uint8]]) -> tuple[str, ...]:
    """A note for readers of the file: what wrote it, if mcugen did."""
    facts = ", ".join(f"{key} {value}" for key, value in unpack(metadata).items())
    return (f"written by mcugen: {printable(facts, SHOWN_CHARACTERS)}",) if facts else ()
