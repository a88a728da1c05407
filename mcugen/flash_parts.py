"""What takes an image's flash: the model, the runtime's parts, the application, the C library."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from mcugen.results import FlashPart
from mcugen.toolchain.elf import ImageSizes
from mcugen.toolchain.link_map import Contribution, read_link_map

LIBRARIES = (
    ("tflm-core-", "TFLM core"),
    ("tflm-kernels-", "TFLM kernels"),
    ("cmsis-nn-", "CMSIS-NN"),
)
"""Beginnings of the names of packs' libraries, and what is in them."""

MODEL, CODE = "model constants", "model code"
APPLICATION, SUPPORT, SYSTEM = "application", "start-up and board", "C library"
OTHER = "tables and padding"
_CONSTANTS = ("model", "constants")


def flash_parts(elf: Path, sizes: ImageSizes, prefix: str) -> tuple[FlashPart, ...]:
    """The parts of `elf` by the linker's map beside it, the largest first; none without a map.

    Together they are `sizes.flash_bytes`. `prefix` is that of the model's names.
    """
    path = elf.with_suffix(".map")
    if not path.is_file():
        return ()
    loaded = {section.name for section in sizes.sections if section.in_flash}
    found: dict[str, int] = {}
    for entry in read_link_map(path):
        if entry.section in loaded:
            part = _part(entry, prefix)
            found[part] = found.get(part, 0) + entry.size_bytes
    rest = sizes.flash_bytes - sum(found.values())
    if rest > 0:
        found[OTHER] = rest
    return tuple(_sorted(found.items()))


def _sorted(parts: Iterable[tuple[str, int]]) -> list[FlashPart]:
    return [FlashPart(name, size) for name, size in sorted(parts, key=lambda p: (-p[1], p[0]))]


def _part(entry: Contribution, prefix: str) -> str:
    archive = PurePosixPath(entry.archive).name.removeprefix("lib")
    for beginning, name in LIBRARIES:
        if archive.startswith(beginning):
            return name
    if archive == f"{prefix}.a":
        is_constants = entry.member in [f"{prefix}_{name}.o" for name in _CONSTANTS]
        return MODEL if is_constants else CODE
    folders = PurePosixPath(entry.archive or entry.member).parts
    if "support" in folders:
        return SUPPORT
    if "src" in folders and not entry.archive:
        return APPLICATION
    return SYSTEM
