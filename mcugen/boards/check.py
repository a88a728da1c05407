"""From a manifest's JSON to a Board, or to an error that names the key."""

from __future__ import annotations

import difflib
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from mcugen.boards.board import Board, Region
from mcugen.errors import InputRejected
from mcugen.platform.paths import SUPPORT_DIR

SECTION_KEYS = (
    "core",
    "dsp",
    "emulator",
    "float_abi",
    "fpu",
    "kind",
    "mve",
    "placement",
    "port",
    "regions",
    "serial",
    "sources",
    "stack_bytes",
    "ticks_per_instruction",
    "upload",
    "vendor",
)
"""What the "mcugen" section of a manifest may hold."""

_CORES = re.compile(r"cortex-m(0|0plus|3|4|7|23|33|55)|host|xtensa-lx6")
_FPUS = ("fpv4-sp-d16", "fpv5-sp-d16", "fpv5-d16", "auto", None)
_FLOAT_ABIS = ("soft", "softfp", "hard", "native")
_PLACES = ("vectors", "text", "rodata", "data", "arena", "stack")
_REGION_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,20}")
_WORD = re.compile(r"[A-Za-z0-9_.+@/^~ -]{1,80}")
_DEFINE = re.compile(r"MCUGEN_[A-Z0-9_]{1,40}")
_DEFINE_VALUE = re.compile(r"[A-Za-z0-9_]{1,40}")
_MACHINE = re.compile(r"[a-z0-9-]{1,40}")


class _Reader:
    """Takes values out of nested objects; the first that is wrong raises, with file and key."""

    def __init__(self, path: Path, value: Any, key: str = "") -> None:
        self.path, self.value, self.key = path, value, key
        if not isinstance(value, dict):
            self.reject("must be an object")

    def reject(self, reason: str, key: str = "") -> None:
        where = ".".join(part for part in (self.key, key) if part)
        raise InputRejected(
            f"{self.path}: {where or 'the file'} {reason}",
            "compare with a board that comes with mcugen: mcugen/boards/*.json",
        )

    def get(self, key: str, kind: type | tuple[type, ...], optional: bool = False) -> Any:
        value = self.value.get(key)
        if value is None and optional:
            return None
        if key not in self.value:
            self.reject("is missing", key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            names = [k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,))]
            self.reject(f"must be {' or '.join(names)}", key)
        return value

    def one_of(self, key: str, allowed: tuple[Any, ...]) -> Any:
        value = self.value.get(key)
        if value not in allowed:
            names = ", ".join("null" if item is None else str(item) for item in allowed)
            self.reject(f"must be one of {names}", key)
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.get(key, str)
        if not pattern.fullmatch(value):
            self.reject(f"is not acceptable: {value!r}", key)
        return cast(str, value)

    def positive(self, key: str, maximum: int) -> int:
        value = self.get(key, int)
        if not 0 < value <= maximum:
            self.reject(f"must be between 1 and {maximum}", key)
        return cast(int, value)

    def child(self, key: str) -> _Reader:
        return _Reader(self.path, self.get(key, dict), f"{self.key}.{key}" if self.key else key)


def checked_board(path: Path, manifest: Any) -> Board:
    """Raises InputRejected for the first value that is not acceptable."""
    top = _Reader(path, manifest)
    section = top.child("mcugen")
    for key in section.value:
        if key not in SECTION_KEYS:
            nearest = difflib.get_close_matches(key, SECTION_KEYS, n=1)
            section.reject("is unknown" + (f": is {nearest[0]} meant?" if nearest else ""), key)
    kind = section.one_of("kind", ("emulator", "board", "host"))
    _check_platformio(top)
    regions = _regions(section)
    frameworks, default = _frameworks(section)
    ticks = section.get("ticks_per_instruction", list, optional=True)
    port = section.get("port", dict, optional=True)
    if port is None and default is None:
        section.reject("is null, and no vendor framework replaces it", "port")
    if port is not None:
        _check_placement(section, regions)
        _check_port(section.child("port"))
    if kind == "emulator":
        _check_emulator(section)
    if kind == "board" and port is not None:
        _check_upload(section.child("upload"))
    serial = section.get("serial", dict, optional=True)
    return Board(
        id=path.stem,
        name=top.get("name", str),
        kind=kind,
        core=section.matching("core", _CORES),
        fpu=section.one_of("fpu", _FPUS),
        float_abi=section.one_of("float_abi", _FLOAT_ABIS),
        has_dsp=section.get("dsp", bool),
        has_mve=section.get("mve", bool),
        regions=regions,
        stack_bytes=section.positive("stack_bytes", 1 << 24),
        f_cpu_hz=_f_cpu_hz(top.child("build")),
        ticks_per_instruction=_ratio(section, ticks),
        serial_baud=section.child("serial").positive("baud", 10_000_000) if serial else 115200,
        frameworks=frameworks,
        default_framework=None if port is not None else default,
        manifest=manifest,
    )


def _check_platformio(top: _Reader) -> None:
    for key in ("name", "url", "vendor"):
        top.get(key, str)
    build, upload = top.child("build"), top.child("upload")
    build.get("mcu", str)
    build.get("cpu", str)
    upload.positive("maximum_size", 1 << 32)
    upload.positive("maximum_ram_size", 1 << 32)
    upload.get("protocol", str)
    upload.get("protocols", list)


def _f_cpu_hz(build: _Reader) -> int:
    text = build.get("f_cpu", str)
    if not re.fullmatch(r"[1-9]\d{0,9}L", text):
        build.reject("must be a frequency in Hz such as 216000000L", "f_cpu")
    return int(text[:-1])


def _regions(section: _Reader) -> tuple[Region, ...]:
    regions: list[Region] = []
    for index, value in enumerate(section.get("regions", list)):
        reader = _Reader(section.path, value, f"mcugen.regions[{index}]")
        origin_text = reader.get("origin", str)
        if not re.fullmatch(r"0x[0-9a-fA-F]{1,8}", origin_text):
            reader.reject("must be a hexadecimal address such as 0x20000000", "origin")
        regions.append(
            Region(
                name=reader.matching("name", _REGION_NAME),
                kind=reader.one_of("kind", ("flash", "ram")),
                origin=int(origin_text, 16),
                length_bytes=reader.positive("length_bytes", 1 << 32),
            )
        )
    if len({r.name for r in regions}) != len(regions):
        section.reject("has two regions of one name", "regions")
    ordered = sorted(regions, key=lambda r: r.origin)
    if section.value["kind"] != "host":
        for low, high in pairwise(ordered):
            if low.origin + low.length_bytes > high.origin:
                section.reject(f"overlap: {low.name} and {high.name}", "regions")
    return tuple(regions)


def _check_placement(section: _Reader, regions: tuple[Region, ...]) -> None:
    placement = section.child("placement")
    kinds = {region.name: region.kind for region in regions}
    for place in _PLACES:
        name = placement.get(place, str)
        if name not in kinds:
            placement.reject(f"names a region that does not exist: {name!r}", place)
        if place in ("data", "arena", "stack") and kinds[name] != "ram":
            placement.reject(f"must be a RAM region, and {name} is flash", place)


def _check_port(port: _Reader) -> None:
    sources = port.get("sources", list)
    for source in sources:
        known = isinstance(source, str) and re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+\.c", source)
        if not known or not (SUPPORT_DIR / source).is_file():
            port.reject(f"names a file that mcugen does not have: {source!r}", "sources")
    defines = port.child("defines")
    for name in defines.value:
        if not _DEFINE.fullmatch(name):
            defines.reject("must be named MCUGEN_…", name)
        defines.matching(name, _DEFINE_VALUE)


def _check_emulator(section: _Reader) -> None:
    emulator = section.child("emulator")
    emulator.matching("machine", _MACHINE)
    shift = emulator.get("icount_shift", int)
    if not 0 <= shift <= 10:
        emulator.reject("must be between 0 and 10", "icount_shift")


def _check_upload(upload: _Reader) -> None:
    if not upload.value or not set(upload.value) <= {"openocd", "st-flash", "pyocd"}:
        upload.reject("must name one or more of openocd, st-flash, pyocd")
    if "openocd" in upload.value:
        files = upload.get("openocd", list)
        if not files or not all(isinstance(f, str) and _WORD.fullmatch(f) for f in files):
            upload.reject("must be a list of OpenOCD's configuration files", "openocd")
    for tool in ("st-flash", "pyocd"):
        if tool in upload.value:
            upload.matching(tool, _WORD)


def _ratio(section: _Reader, ticks: list[Any] | None) -> Fraction | None:
    if ticks is None:
        return None
    if len(ticks) != 2 or not all(type(item) is int and item > 0 for item in ticks):
        section.reject("must be [numerator, denominator]", "ticks_per_instruction")
    return Fraction(ticks[0], ticks[1])


def _frameworks(section: _Reader) -> tuple[tuple[str, ...], str | None]:
    """The vendor's frameworks on offer and the one to prefer."""
    if section.get("vendor", dict, optional=True) is None:
        return (), None
    vendor = section.child("vendor")
    vendor.matching("platform", _WORD)
    vendor.matching("board", _WORD)
    frameworks = vendor.get("frameworks", list)
    if not frameworks or not all(isinstance(f, str) and _WORD.fullmatch(f) for f in frameworks):
        vendor.reject("must be a list of names", "frameworks")
    return tuple(frameworks), frameworks[0]
