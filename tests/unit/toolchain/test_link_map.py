"""Maps of GNU ld, and what of them counts as flash."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.errors import McugenError
from mcugen.flash_parts import flash_parts
from mcugen.toolchain.elf import ImageSizes, SectionSize
from mcugen.toolchain.link_map import Contribution, read_link_map

MAP = """\
Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text.unused   0x00000000       0x30 .pio/build/x/src/main.o

Linker script and memory map

LOAD .pio/build/x/src/main.o
START GROUP

.text           0x00000040      0x200
 *(.text .text.*)
 .text.main     0x00000040       0x10 .pio/build/x/src/main.o
                0x00000040                main
 .text.a_very_long_name_that_breaks
                0x00000050       0x20 .pio/build/x/lib1/tflm-core-01/libtflm-core-01.a(micro.o)
 *fill*         0x00000070        0x4
 .text.conv     0x00000080       0x40 .pio/build/x/lib1/libtflm-kernels-01.a(conv.o)
 .text.nn       0x000000c0       0x08 .pio/build/x/lib1/libcmsis-nn-01.a(nn.o)
 .text.board    0x000000c8       0x04 .pio/build/x/support/qemu/board.o
 .text.memset   0x000000cc       0x04 /usr/lib/arm-none-eabi/libc_nano.a(lib_a-memset.o)

.rodata         0x00000240      0x100
 .rodata.model  0x00000240       0x80 .pio/build/x/lib2/libkws.a(kws_model.o)
 .rodata.str    0x000002c0       0x06 .pio/build/x/lib2/libkws.a(kws.o)
                                 0x10 (size before relaxing)
                0x000002c6        0x4 LONG 0x96f8 LOADADDR (.data)

.bss            0x20000000       0x40
 .bss.arena     0x20000000       0x40 .pio/build/x/lib2/libkws.a(kws_arena.o)
"""


def written(folder: Path) -> Path:
    path = folder / "firmware.map"
    path.write_text(MAP)
    return path


def test_objects_and_archives(tmp_path: Path) -> None:
    found = read_link_map(written(tmp_path))
    assert found[0] == Contribution(".text", "", ".pio/build/x/src/main.o", 16)
    long = ".pio/build/x/lib1/tflm-core-01/libtflm-core-01.a"
    assert found[1] == Contribution(".text", long, "micro.o", 32)
    assert [c.section for c in found] == [".text"] * 6 + [".rodata"] * 2 + [".bss"]


def test_a_file_that_is_no_map(tmp_path: Path) -> None:
    path = tmp_path / "firmware.map"
    with pytest.raises(McugenError, match="cannot be read"):
        read_link_map(path)
    path.write_text("text")
    with pytest.raises(McugenError, match="not a map"):
        read_link_map(path)


def test_parts_add_up_to_the_flash(tmp_path: Path) -> None:
    written(tmp_path)
    sections = (
        SectionSize(".text", 0x40, 0x200, True, False),
        SectionSize(".rodata", 0x240, 0x100, True, False),
        SectionSize(".bss", 0x20000000, 0x40, False, True),
    )
    sizes = ImageSizes(0x300, 0x40, sections, ())
    parts = {p.name: p.size_bytes for p in flash_parts(tmp_path / "firmware.elf", sizes, "kws")}
    assert sum(parts.values()) == 0x300
    assert parts.pop("tables and padding") == 0x300 - 262
    assert parts == {
        "model constants": 0x80,
        "TFLM kernels": 0x40,
        "TFLM core": 0x20,
        "application": 0x10,
        "CMSIS-NN": 8,
        "model code": 6,
        "start-up and board": 4,
        "C library": 4,
    }
    assert flash_parts(tmp_path / "other.elf", sizes, "kws") == ()
