"""What each object file puts into flash, read from the map that GNU ld writes with -Map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcugen.errors import McugenError

_START = "Linker script and memory map"
_OUTPUT = re.compile(r"^(\.?[\w.]+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_INPUT = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
_NAME_ALONE = re.compile(r"^ (\S+)$")
_ARCHIVE = re.compile(r"^(.*)\(([^()]*)\)$")


@dataclass(frozen=True)
class Contribution:
    """Bytes of one object in one output section; `archive` is empty for an object by itself."""

    section: str
    archive: str
    member: str
    size_bytes: int


def read_link_map(path: Path) -> tuple[Contribution, ...]:
    """The objects' shares of all sections, in the linker's order.

    What the linker discarded, its padding and its own tables are not among them. Raises
    McugenError if the file cannot be read or is no map.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise McugenError(f"{path.name} cannot be read: {error.strerror}") from error
    _, found, body = text.partition(_START)
    if not found:
        raise McugenError(f"{path.name} is not a map that GNU ld wrote", "build it again")
    return tuple(_contributions(body.splitlines()))


def _contributions(lines: list[str]) -> Iterator[Contribution]:
    section = name = ""
    for line in lines:
        if match := _OUTPUT.match(line):
            section = match[1]
        elif match := _INPUT.match(line):
            # A long name stands on a line of its own, before this one.
            name = match[1] or name
            size_bytes = int(match[3], 16)
            if size_bytes and name and not name.startswith("*"):
                archive, member = _parts(match[4])
                yield Contribution(section, archive, member, size_bytes)
        alone = _NAME_ALONE.match(line)
        name = alone[1] if alone else ""


def _parts(file: str) -> tuple[str, str]:
    match = _ARCHIVE.match(file)
    return (match[1], match[2]) if match else ("", file)
