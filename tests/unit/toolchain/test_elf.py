"""Sizes of linked programs: flash, RAM, sections, symbols, and damaged files."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcugen.errors import McugenError
from mcugen.toolchain.elf import ImageSizes, SectionSize, read_machine, read_sizes, read_symbols
from tests.unit.toolchain.firmware import build, needs_gcc

TABLES = """
static const int table[100] = {1, 2, 3};
static int counters[20];
int initial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
__attribute__((section(".mcugen_arena"), aligned(16))) unsigned char arena[1024];
__attribute__((constructor)) void early(void) { counters[1] = 1; }
int sum(int i) { counters[i]++; return table[i] + initial[i] + arena[i] + counters[i]; }
"""
MAIN = """
int sum(int);
static volatile int counters[3];
__attribute__((section(".ramfunc"), noinline)) int fast(int i) { return counters[i] = sum(i); }
int main(void) { return fast(2); }
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sizes")
    return build(folder, "cortex-m4", {"tables.c": TABLES, "main.c": MAIN})


@pytest.fixture(scope="module")
def sizes(elf: Path) -> ImageSizes:
    return read_sizes(elf)


def section(sizes: ImageSizes, name: str) -> SectionSize:
    return next(s for s in sizes.sections if s.name == name)


@needs_gcc
def test_flash_is_what_would_be_programmed(sizes: ImageSizes, elf: Path) -> None:
    image = elf.with_suffix(".bin")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", elf, image], check=True)
    assert sizes.flash_bytes == image.stat().st_size


@needs_gcc
def test_ram_is_data_zeroed_data_arena_and_stack(sizes: ImageSizes) -> None:
    names = (".data", ".bss", ".mcugen_arena", ".stack")
    assert sizes.ram_bytes == sum(section(sizes, name).size_bytes for name in names)
    assert section(sizes, ".mcugen_arena").size_bytes == 1024
    assert section(sizes, ".stack").size_bytes == 0x4000


@needs_gcc
@pytest.mark.parametrize(
    ("name", "in_flash", "in_ram"),
    [
        (".text", True, False),
        (".init_array", True, False),
        (".data", True, True),
        (".bss", False, True),
        (".stack", False, True),
    ],
)
def test_sections_are_where_they_run_and_where_they_are_stored(
    sizes: ImageSizes, name: str, in_flash: bool, in_ram: bool
) -> None:
    found = section(sizes, name)
    assert (found.in_flash, found.in_ram) == (in_flash, in_ram)


@needs_gcc
def test_symbols_are_listed_largest_first_with_their_source(sizes: ImageSizes) -> None:
    assert sizes.symbols[0].name == "arena"
    found = sorted((s.name, s.source, s.size_bytes) for s in sizes.symbols if s.name == "counters")
    assert found == [("counters", "main.c", 12), ("counters", "tables.c", 80)]
    assert next(s for s in sizes.symbols if s.name == "sum").source == "tables.c"
    assert next(s for s in sizes.symbols if s.name == "main").source == "main.c"
    assert dict(sizes.bytes_by_source())["tables.c"] >= 1024 + 400 + 80


@needs_gcc
def test_function_addresses_have_no_thumb_bit(elf: Path) -> None:
    assert all(s.address % 2 == 0 for s in read_symbols(elf) if s.is_function)
    assert read_machine(elf) == "EM_ARM"


@needs_gcc
def test_headers_in_the_first_segment_are_not_flash(tmp_path: Path) -> None:
    """The default linker script maps the ELF headers along with the code."""
    (tmp_path / "main.c").write_text("int main(void) { return 7; } void _start(void) { main(); }")
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-nostdlib", "main.c"]
    subprocess.run([*command, "-o", "test.elf"], cwd=tmp_path, check=True)
    objcopy = ["arm-none-eabi-objcopy", "-O", "binary", "test.elf", "test.bin"]
    subprocess.run(objcopy, cwd=tmp_path, check=True)
    assert read_sizes(tmp_path / "test.elf").flash_bytes == (tmp_path / "test.bin").stat().st_size


@pytest.mark.skipif(
    shutil.which("gcc") is None or sys.platform != "linux", reason="gcc for an ELF host is missing"
)
def test_host_program_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("static int room[5000]; int main(void) { return room[3]; }")
    subprocess.run(["gcc", "-O0", "main.c", "-o", "test"], cwd=tmp_path, check=True)
    sizes = read_sizes(tmp_path / "test")
    assert sizes.ram_bytes > 20_000
    assert 0 < sizes.flash_bytes < 20_000
    assert (sizes.symbols[0].name, sizes.symbols[0].source) == ("room", "main.c")


@pytest.mark.parametrize("contents", [b"", b"\x7fEL", b"MZ\x90\x00" * 20, b"#!/bin/sh\n"])
def test_other_files_are_refused(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(contents)
    with pytest.raises(McugenError, match=r"firmware\.elf is not an ELF file"):
        read_sizes(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="cannot be read"):
        read_sizes(tmp_path / "firmware.elf")


@needs_gcc
@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.99])
def test_cut_off_file_is_refused(elf: Path, tmp_path: Path, part: float) -> None:
    contents = elf.read_bytes()
    path = tmp_path / "firmware.elf"
    path.write_bytes(contents[: int(len(contents) * part)])
    with pytest.raises(McugenError, match="damaged"):
        read_sizes(path)


@needs_gcc
@given(st.lists(st.tuples(st.integers(4, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_file_is_read_or_refused(
    elf: Path, tmp_path: Path, damage: list[tuple[int, int]]
) -> None:
    contents = bytearray(elf.read_bytes())
    for at, value in damage:
        # Headers lie at both ends of the file, so half of the damage goes to the last bytes.
        contents[at % len(contents) if at % 2 else -1 - at % 1200] = value
    path = tmp_path / "firmware.elf"
    path.write_bytes(contents)
    with contextlib.suppress(McugenError):
        read_sizes(path)
