"""Four-bit values, two to a byte, the first in the low nibble, as TFLite stores them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def pack_int4(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """-8 … 7 to ceil(n / 2) bytes; the last high nibble is 0 if n is odd."""
    nibbles = values.reshape(-1).astype(np.uint8) & np.uint8(15)
    nibbles = np.pad(nibbles, (0, nibbles.size % 2))
    return nibbles[0::2] | (nibbles[1::2] << np.uint8(4))


def unpack_int4(packed: npt.NDArray[np.uint8], elements: int) -> npt.NDArray[np.int8]:
    """The first `elements` values, sign-extended to int8."""
    nibbles = np.empty(2 * packed.size, np.uint8)
    nibbles[0::2], nibbles[1::2] = packed & 15, packed >> 4
    return (nibbles[:elements].astype(np.int8) ^ 8) - np.int8(8)
