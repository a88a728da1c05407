"""Which packs mcugen is made for: pins.json is the one place that names versions and hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mcugen.errors import InputRejected
from mcugen.packs.model import Pack


@dataclass(frozen=True)
class Pin:
    """One pack: `version` is installed, `accepts` (a range) is built with.

    `sha256` is that of the .pack file; None while nobody has recorded it, and then it is not
    checked.
    """

    vendor: str
    name: str
    version: str
    accepts: str
    url: str
    sha256: str | None

    @property
    def id(self) -> str:
        """`vendor::name`"""
        return f"{self.vendor}::{self.name}"

    @property
    def file_name(self) -> str:
        """What the publisher calls the file."""
        return f"{self.vendor}.{self.name}.{self.version}.pack"


@cache
def pins() -> tuple[Pin, ...]:
    """The packs of the TensorFlow Lite Micro runtime."""
    text = Path(__file__).with_name("pins.json").read_text(encoding="utf-8")
    return tuple(Pin(**entry) for entry in json.loads(text)["packs"])


def pin_of(pack: Pack) -> Pin | None:
    """The pin of a pack, whatever its version."""
    return next((pin for pin in pins() if pin.id.lower() == pack.id.lower()), None)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_archive(pack: Pack, archive: Path) -> None:
    """Raises InputRejected if the .pack file of a pinned version is not the pinned one."""
    pin = pin_of(pack)
    if pin is None or pin.sha256 is None or pin.version != pack.version:
        return
    found = file_sha256(archive)
    if found != pin.sha256:
        raise InputRejected(
            f"{archive} is not the {pack} that mcugen is made for",
            f"its SHA-256 is {found}\nexpected {pin.sha256}\nfetch the file again",
        )
