"""What a linked program takes of flash and RAM, read from its ELF file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

from mcugen.errors import McugenError

_T = TypeVar("_T")

_START_UP_TABLES = frozenset({"SHT_INIT_ARRAY", "SHT_FINI_ARRAY", "SHT_PREINIT_ARRAY"})
_MAPPING_SYMBOLS = ("$t", "$a", "$d")


@dataclass(frozen=True)
class SectionSize:
    """An allocated section; initialised data is both in flash and in RAM."""

    name: str
    address: int
    size_bytes: int
    in_flash: bool
    in_ram: bool


@dataclass(frozen=True)
class Symbol:
    """A function or an object.

    `source` is the name of the file that it was compiled from, as far as the symbol table tells:
    exact for local symbols; for global ones it is that of the nearest mapping symbol ($t, $d) at or
    below it, which Arm assemblers write for every piece of code and data; else None.
    """

    name: str
    address: int
    size_bytes: int
    section: str
    is_function: bool
    source: str | None


@dataclass(frozen=True)
class ImageSizes:
    """Static sizes of a linked program; `symbols` are those with a size, the largest first."""

    flash_bytes: int
    ram_bytes: int
    sections: tuple[SectionSize, ...]
    symbols: tuple[Symbol, ...]

    def bytes_by_source(self) -> tuple[tuple[str | None, int], ...]:
        """Sum of the symbol sizes of each source file (None: unknown), the largest first."""
        total: dict[str | None, int] = {}
        for symbol in self.symbols:
            total[symbol.source] = total.get(symbol.source, 0) + symbol.size_bytes
        return tuple(sorted(total.items(), key=lambda item: (-item[1], item[0] or "")))


def read_sizes(elf: Path) -> ImageSizes:
    """Flash and RAM of the program in `elf`.

    `flash_bytes` is what the loadable segments hold in the file, as programmed at their physical
    addresses: initialised data counts here, once, and an ELF header that the linker happened to
    map into the first segment does not. `ram_bytes` are the sections that occupy RAM while the
    program runs: writable ones, with or without contents (.data, .bss, a stack or an arena that is
    not loaded), and code that is copied to RAM. On the host all of it is memory, and the two
    figures compare with other builds for the host only.

    Raises McugenError if the file is not a readable ELF program.
    """

    def read(image: ELFFile) -> ImageSizes:
        sections = tuple(_sections(image))
        sized = {(s.section, s.address, s.size_bytes): s for s in _symbols(image) if s.size_bytes}
        return ImageSizes(
            flash_bytes=_flash_bytes(image),
            ram_bytes=sum(section.size_bytes for section in sections if section.in_ram),
            sections=sections,
            # One of several names for the same bytes (aliases of a handler) is enough.
            symbols=tuple(sorted(sized.values(), key=lambda s: (-s.size_bytes, s.name, s.address))),
        )

    return _with_elf(elf, read)


def read_symbols(elf: Path) -> tuple[Symbol, ...]:
    """All functions and objects, also those without a size, by address. Raises McugenError."""
    return _with_elf(elf, lambda image: tuple(sorted(_symbols(image), key=lambda s: s.address)))


def read_machine(elf: Path) -> str:
    """The processor family as ELF names it, such as EM_ARM. Raises McugenError."""
    return _with_elf(elf, lambda image: str(image["e_machine"]))


def _with_elf(path: Path, read: Callable[[ELFFile], _T]) -> _T:
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"\x7fELF":
                raise McugenError(f"{path.name} is not an ELF file", "Name the linked program.")
            image = ELFFile(stream)
            _check_extent(image, path.stat().st_size)
            return read(image)
    except McugenError:
        raise
    except OSError as error:
        raise McugenError(f"{path.name} cannot be read: {error.strerror}") from error
    # Damaged fields surface in the parser as almost any exception.
    except Exception as error:
        raise McugenError(
            f"{path.name} is damaged: {type(error).__name__} while reading it", "Build it again."
        ) from error


def _check_extent(image: ELFFile, file_bytes: int) -> None:
    """Raises ValueError unless all contents lie within the file: headers may claim anything."""
    tables = (
        (image["e_shoff"], image.num_sections() * max(1, image["e_shentsize"])),
        (image["e_phoff"], image.num_segments() * max(1, image["e_phentsize"])),
    )
    _check_within(tables, file_bytes)
    contents = [(s["p_offset"], s["p_filesz"]) for s in image.iter_segments()]
    contents += [
        (s["sh_offset"], s["sh_size"])
        for s in image.iter_sections()
        if s["sh_type"] not in ("SHT_NOBITS", "SHT_NULL")
    ]
    _check_within(contents, file_bytes)


def _check_within(extents: Iterable[tuple[int, int]], file_bytes: int) -> None:
    if any(begin + size > file_bytes for begin, size in extents):
        raise ValueError("contents beyond the end of the file")


def _flash_bytes(image: ELFFile) -> int:
    total = 0
    for segment in image.iter_segments("PT_LOAD"):
        total += segment["p_filesz"]
        if segment["p_offset"] == 0:
            loaded = (s["sh_offset"] for s in image.iter_sections() if _is_loaded(s))
            total -= min(segment["p_filesz"], min(loaded, default=0))
    return int(total)


def _is_allocated(section: Section) -> bool:
    return bool(section["sh_flags"] & SH_FLAGS.SHF_ALLOC) and section["sh_size"] > 0


def _is_loaded(section: Section) -> bool:
    return _is_allocated(section) and section["sh_type"] != "SHT_NOBITS"


def _sections(image: ELFFile) -> Iterable[SectionSize]:
    segments = list(image.iter_segments("PT_LOAD"))
    for section in image.iter_sections():
        loaded = _is_loaded(section)
        # Zeroed thread-local data has no place in the image, only in each thread.
        thread_local = section["sh_flags"] & SH_FLAGS.SHF_TLS and not loaded
        if not _is_allocated(section) or thread_local:
            continue
        copied = any(
            loaded
            and segment["p_vaddr"] != segment["p_paddr"]
            and segment.section_in_segment(section)
            for segment in segments
        )
        # Tables of start-up functions are marked writable for dynamic linkers, and lie in flash.
        writable = (
            section["sh_flags"] & SH_FLAGS.SHF_WRITE and section["sh_type"] not in _START_UP_TABLES
        )
        yield SectionSize(
            name=section.name,
            address=section["sh_addr"],
            size_bytes=section["sh_size"],
            in_flash=loaded,
            in_ram=bool(writable or copied or not loaded),
        )


def _symbols(image: ELFFile) -> Iterable[Symbol]:
    table = image.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return
    # The low bit of an Arm function's address selects the Thumb instruction set.
    function_mask = ~1 if image["e_machine"] == "EM_ARM" else ~0
    source: str | None = None
    found: list[tuple[Symbol, int]] = []
    marks: dict[int, list[tuple[int, str | None]]] = {}
    for symbol in table.iter_symbols():
        kind, bind = symbol["st_info"]["type"], symbol["st_info"]["bind"]
        index = symbol["st_shndx"]
        if kind == "STT_FILE":
            source = symbol.name or None
        elif isinstance(index, int) and symbol.name.startswith(_MAPPING_SYMBOLS):
            marks.setdefault(index, []).append((symbol["st_value"], source))
        elif isinstance(index, int) and kind in ("STT_FUNC", "STT_OBJECT"):
            is_function = kind == "STT_FUNC"
            address = symbol["st_value"] & (function_mask if is_function else ~0)
            section = image.get_section(index).name
            local = source if bind == "STB_LOCAL" else None
            found.append(
                (
                    Symbol(symbol.name, address, symbol["st_size"], section, is_function, local),
                    index,
                )
            )
    for symbols in marks.values():
        symbols.sort(key=lambda mark: mark[0])
    for entry, index in found:
        yield entry if entry.source else _with_source(entry, marks.get(index, []))


def _with_source(symbol: Symbol, marks: list[tuple[int, str | None]]) -> Symbol:
    at = bisect_right(marks, symbol.address, key=lambda mark: mark[0]) - 1
    source = marks[at][1] if at >= 0 else None
    return Symbol(
        symbol.name,
        symbol.address,
        symbol.size_bytes,
        symbol.section,
        symbol.is_function,
        source,
    )
