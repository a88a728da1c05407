"""Builds tiny bare-metal programs for the tests of sizes and stack bounds."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

GCC = "arm-none-eabi-gcc"
QEMU = "qemu-system-arm"

needs_gcc = pytest.mark.skipif(shutil.which(GCC) is None, reason=f"{GCC} is not installed")
needs_qemu = pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed")

# Flash and RAM of the MPS2 board with the AN386 image, which QEMU emulates.
LINKER_SCRIPT = """
MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 4M  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }
ENTRY(reset)
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text .text.*) *(.rodata .rodata.*) . = ALIGN(4); } > FLASH
  .init_array : { KEEP(*(.init_array)) } > FLASH
  .ARM.exidx : { *(.ARM.exidx*) } > FLASH
  .data : { *(.data .data.*) *(.ramfunc) . = ALIGN(4); } > RAM AT > FLASH
  .bss (NOLOAD) : { *(.bss .bss.*) *(COMMON) . = ALIGN(8); } > RAM
  .mcugen_arena (NOLOAD) : { *(.mcugen_arena) } > RAM
  .stack (NOLOAD) : { . = . + 0x4000; stack_top = .; } > RAM
}
"""

START = """
extern char stack_top[];
int main(void);
__attribute__((used)) void reset(void) { main(); for (;;) {} }
__attribute__((section(".vectors"), used)) void *const vectors[] = {stack_top, reset};
"""

CPU_FLAGS = {
    "cortex-m0": ["-mcpu=cortex-m0", "-mfloat-abi=soft"],
    "cortex-m4": ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
    "cortex-m4-soft": ["-mcpu=cortex-m4", "-mfloat-abi=soft"],
    "cortex-m33": ["-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
    "cortex-m55": ["-mcpu=cortex-m55", "-mfloat-abi=hard"],
}


def build(
    folder: Path, cpu: str, sources: dict[str, str], *flags: str, optimize: str = "-O2"
) -> Path:
    """Compiles and links `sources` (file name: text); the .su files lie beside the ELF."""
    (folder / "test.ld").write_text(LINKER_SCRIPT)
    objects = []
    common = [*CPU_FLAGS[cpu], "-mthumb", optimize, "-ffunction-sections", "-fstack-usage", *flags]
    for name, text in {"start.c": START, **sources}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        objects.append(name + ".o")
        subprocess.run([GCC, *common, "-c", name, "-o", objects[-1]], cwd=folder, check=True)
    link = ["-nostartfiles", "--specs=nosys.specs", "-Wl,-T,test.ld,--no-warn-rwx-segments"]
    command = [GCC, *common, *link, *objects, "-lm", "-o", "test.elf"]
    subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return folder / "test.elf"
