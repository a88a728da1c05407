"""The twelve classes of keyword spotting on Speech Commands."""

from __future__ import annotations

RATE = 16_000
"""Samples a second, and in a clip."""

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
CLASSES = ("silence", "unknown", *WORDS)
"""In the order of Arm's networks and the MicroNets paper."""

SILENCE, UNKNOWN = 0, 1

OTHER_WORDS = (
    *("backward", "bed", "bird", "cat", "dog", "eight", "five", "follow", "forward", "four"),
    *("happy", "house", "learn", "marvin", "nine", "one", "seven", "sheila", "six", "three"),
    *("tree", "two", "visual", "wow", "zero"),
)
"""Speech Commands v2's further words, which are "unknown"."""
