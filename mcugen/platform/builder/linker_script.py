"""The GNU ld script of a board, made from the memory regions in its manifest."""

from __future__ import annotations

from typing import Any

_PARTS = ("vectors", "text", "rodata", "data", "arena", "stack")

_FLASH = """\
  .vectors : {{ KEEP(*(.vectors)) }} > {vectors}
  .text : ALIGN(4) {{ *(.text .text.*) }} > {text}
  .rodata : ALIGN(16) {{
    *(.rodata .rodata.*)
    . = ALIGN(4);
    __mcugen_copy_start = .;
{copies}
    __mcugen_copy_end = .;
    __mcugen_zero_start = .;
{zeros}
    __mcugen_zero_end = .;
  }} > {rodata}
  .ARM.extab : {{ *(.ARM.extab* .gnu.linkonce.armextab.*) }} > {rodata}
  .ARM.exidx : {{ *(.ARM.exidx* .gnu.linkonce.armexidx.*) }} > {rodata}
  .init_array : ALIGN(4) {{
    __mcugen_init_start = .;
    KEEP(*(.preinit_array))
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
    KEEP(*(.init_array))
    __mcugen_init_end = .;
  }} > {rodata}
"""

# The stack lies lowest: where it shares a region with data, overflowing it leaves the RAM and
# faults instead of overwriting variables.
_RAM = """\
  .stack (NOLOAD) : ALIGN(8) {{
    __mcugen_stack_bottom = .;
    . += {stack_bytes};
    __mcugen_stack_top = .;
  }} > {stack}
  .data : ALIGN(8) {{ *(.data .data.*) . = ALIGN(4); }} > {data} AT > {rodata}
  .bss (NOLOAD) : ALIGN(8) {{ *(.bss .bss.* COMMON) . = ALIGN(4); }} > {data}
  .noinit (NOLOAD) : ALIGN(8) {{ *(.noinit .noinit.*) }} > {data}
  .mcugen_arena (NOLOAD) : ALIGN(16) {{ *(.mcugen_arena .mcugen_arena.*) }} > {arena}
{banks}
  .heap (NOLOAD) : ALIGN(8) {{ __mcugen_heap_start = .; }} > {data}
  __mcugen_heap_end = ORIGIN({data}) + LENGTH({data});
  /DISCARD/ : {{ *(.comment .note.* .ARM.attributes.discard) }}
"""

_BANK = """\
  .data_{low} : ALIGN(8) {{ *(.data_{low} .data_{low}.*) . = ALIGN(4); }} > {bank} AT > {rodata}
  .bss_{low} (NOLOAD) : ALIGN(8) {{ *(.bss_{low} .bss_{low}.*) . = ALIGN(4); }} > {bank}"""

_CHECKS = """\
ASSERT(__mcugen_stack_top - __mcugen_stack_bottom == {stack_bytes}, "the stack has another size")
ASSERT(__mcugen_stack_top % 8 == 0, "the stack is not aligned to 8 bytes")
ASSERT(ADDR(.vectors) == ORIGIN({vectors}), "the vector table is not first in {vectors}")
ASSERT(SIZEOF(.vectors) >= 64, "the vector table is missing")
ASSERT(ADDR(.mcugen_arena) % 16 == 0, "the arena is not aligned to 16 bytes")
"""


def linker_script(section: dict[str, Any], stack_bytes: int) -> str:
    """The script for a manifest's "mcugen" section; the same section gives the same text.

    Objects in `.data_<region>` and `.bss_<region>` (region in lower case) go to that RAM bank;
    the start-up code fills these as it does .data and .bss.
    """
    places = {part: section["placement"][part] for part in _PARTS}
    banks = [
        region["name"]
        for region in section["regions"]
        if region["kind"] == "ram" and region["name"] != places["data"]
    ]
    suffixes = ["", *(f"_{bank.lower()}" for bank in banks)]
    copies = "\n".join(
        f"    LONG(LOADADDR(.data{s})) LONG(ADDR(.data{s})) LONG(SIZEOF(.data{s}))"
        for s in suffixes
    )
    zeros = "\n".join(f"    LONG(ADDR(.bss{s})) LONG(SIZEOF(.bss{s}))" for s in suffixes)
    bank_sections = "\n".join(
        _BANK.format(low=bank.lower(), bank=bank, rodata=places["rodata"]) for bank in banks
    )
    body = _FLASH.format(copies=copies, zeros=zeros, **places)
    body += _RAM.format(banks=bank_sections, stack_bytes=stack_bytes, **places)
    return (
        f"MEMORY\n{{\n{_memory(section)}}}\n\n"
        "ENTRY(mcugen_reset)\n\n"
        f"SECTIONS\n{{\n{body}}}\n\n{_CHECKS.format(stack_bytes=stack_bytes, **places)}"
    )


def _memory(section: dict[str, Any]) -> str:
    lines = []
    for region in section["regions"]:
        origin, length = int(str(region["origin"]), 0), int(region["length_bytes"])
        access = "rx" if region["kind"] == "flash" else "rwx"
        lines.append(
            f"  {region['name']} ({access}) : ORIGIN = {origin:#010x}, LENGTH = {length}\n"
        )
    return "".join(lines)
