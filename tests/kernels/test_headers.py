"""A generated library includes any kernels' headers together: their names must not collide."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mcugen.runtimes.aot.emit import KERNELS
from tests.paths import needs_emulator

COMPILERS = {
    "host": ("gcc",),
    "dsp": ("arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4"),
    "mve": ("arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m55", "-mfloat-abi=hard"),
}


@needs_emulator
@pytest.mark.parametrize("compiler", COMPILERS)
def test_all_headers_together(compiler: str, tmp_path: Path) -> None:
    folders = [kernels / "include" for kernels in KERNELS]
    headers = sorted(path.name for folder in folders for path in folder.glob("mcugen_*.h"))
    source = tmp_path / "all.c"
    source.write_text("".join(f'#include "{name}"\n' for name in headers))
    flags = ["-std=c99", "-O2", "-fsyntax-only", *(f"-I{folder}" for folder in folders)]
    subprocess.run([*COMPILERS[compiler], *flags, str(source)], check=True)
