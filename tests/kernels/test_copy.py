"""mcugen_copy.h: every alignment and length, on cores with and without unaligned words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mcugen.runtimes.aot import emit
from tests.harness import C_FLAGS

KERNELS = Path(emit.__file__).parents[2] / "kernels"

PROGRAM = """
#include "mcugen_copy.h"

static uint8_t source[80], target[80];

static int differs(int32_t at, int32_t from, int32_t bytes, int32_t value) {
  for (int32_t i = 0; i < 80; ++i) {
    const int32_t inside = i >= at && i < at + bytes;
    const int32_t moved = from < 0 ? value : source[inside ? from + i - at : 0];
    if (target[i] != (uint8_t)(inside ? moved : 0xEE)) return 1;
  }
  return 0;
}

static int tried(int32_t from, int32_t to, int32_t bytes) {
  memset(target, 0xEE, sizeof target);
  mcugen_copy_bytes(target + to, source + from, bytes);
  if (differs(to, from, bytes, 0)) return 1;
  memset(target, 0xEE, sizeof target);
  mcugen_fill_bytes(target + to, -77, bytes);
  if (differs(to, -1, bytes, -77)) return 2;
  /* Downward, over itself. */
  memset(target, 0xEE, sizeof target);
  memcpy(target + to + from, source, (size_t)bytes);
  mcugen_copy_bytes(target + to, target + to + from, bytes);
  return memcmp(target + to, source, (size_t)bytes) != 0 ? 3 : 0;
}

int main(void) {
  for (int32_t i = 0; i < 80; ++i) source[i] = (uint8_t)(i * 7 + 1);
  for (int32_t bytes = 0; bytes < 70; ++bytes) {
    for (int32_t from = 0; from < 5; ++from) {
      for (int32_t to = 0; to < 5; ++to) {
        const int failed = tried(from, to, bytes);
        if (failed) return failed;
      }
    }
  }
  return 0;
}
"""


@pytest.mark.parametrize("flags", [(), ("-D__ARM_FEATURE_UNALIGNED=1",)])
@pytest.mark.parametrize("level", ["-O1", "-O2"])
def test_copy_and_fill(flags: tuple[str, ...], level: str, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(PROGRAM)
    sources = [tmp_path / "main.c", KERNELS / "src" / "mcugen_copy.c"]
    command = ["gcc", *C_FLAGS, level, *flags, f"-I{KERNELS / 'include'}", *map(str, sources)]
    subprocess.run([*command, "-o", str(tmp_path / "program")], check=True)
    done = subprocess.run([str(tmp_path / "program")], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
