"""Splits by a hash of a name: the same on every machine, and whatever else is in the folder.

Source: Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", 2018.
"""

from __future__ import annotations

import hashlib

HELD_OUT_PERCENT = 10
"""For validation and for test, each."""

_BUCKETS = 1 << 27


def split_of(name: bytes) -> str:
    """The split of what is called so: train, validation or test."""
    bucket = int.from_bytes(hashlib.sha1(name).digest()) % _BUCKETS
    percent = bucket * 100 / (_BUCKETS - 1)
    if percent < HELD_OUT_PERCENT:
        return "validation"
    return "test" if percent < 2 * HELD_OUT_PERCENT else "train"
