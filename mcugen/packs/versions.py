"""Versions of packs and components: semantic versioning, and the ranges that packs ask for."""

from __future__ import annotations

import re

from mcugen.errors import InputRejected

Key = tuple[int, int, int, tuple[tuple[int, int, str], ...]]

_FORM = re.compile(
    r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?"
    r"(?:-([0-9A-Za-z-]{1,40}(?:\.[0-9A-Za-z-]{1,40}){0,9}))?(?:\+[0-9A-Za-z.-]{1,80})?",
    re.ASCII,
)
_RELEASE = (2, 0, "")  # sorts after every part of a pre-release


def version_key(text: str) -> Key:
    """What versions are ordered by; build metadata does not count, missing numbers are 0.

    The order is that of semver.org, point 11. Raises InputRejected if `text` is no version.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InputRejected(f"{text[:60]!r} is no version: it should look like 1.2.3")
    major, minor, patch, pre = match.groups()
    parts = tuple(_part(p) for p in pre.split(".")) if pre else (_RELEASE,)
    return int(major), int(minor or 0), int(patch or 0), parts


def _part(text: str) -> tuple[int, int, str]:
    """Numbers come before words."""
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)


def in_range(version: str, wanted: str) -> bool:
    """Whether a version lies in `first:last`, both included; `first` alone has no upper end.

    An empty side is open, and so is an empty `wanted`. `first:_` ends before the next major
    version. Raises InputRejected if one of the versions is none.
    """
    first, _, last = wanted.partition(":")
    key = version_key(version)
    if first and key < version_key(first):
        return False
    if last == "_":
        return not first or key[0] == version_key(first)[0]
    return not last or key <= version_key(last)
