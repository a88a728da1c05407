"""The short requantization of mcugen_dsp.h equals TFLite's, wherever it may be used."""

from __future__ import annotations

import subprocess
from pathlib import Path

import mcugen

INCLUDE = Path(mcugen.__file__).parent / "kernels" / "include"

PROGRAM = r"""
#include <stdio.h>

#include "mcugen_dsp.h"

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static int differs(int32_t x, int32_t multiplier, int32_t shift, int32_t zero_point) {
  const int32_t expected = zero_point + mcugen_requantize(x, multiplier, -shift);
  const int32_t term = mcugen_rounding_term(zero_point, shift);
  return mcugen_requantize_doubled(2 * x, multiplier, shift, term) != expected;
}

int main(void) {
  static const int32_t multipliers[] = {1 << 30, (1 << 30) + 1, 1518500250, INT32_MAX, 0};
  static const int32_t zero_points[] = {-128, -1, 0, 1, 127};
  long wrong = 0;
  /* Every sum near zero, where ties and signs are; then the ends of the range; then any. */
  for (int32_t shift = 1; shift <= 22; ++shift) {
    for (int i = 0; i < 5; ++i) {
      for (int32_t x = -3000; x <= 3000; ++x) {
        wrong += differs(x, multipliers[i], shift, zero_points[i]);
        wrong += differs((1 << 30) - 3001 + x, multipliers[i], shift, zero_points[4 - i]);
        wrong += differs(3001 - (1 << 30) + x, multipliers[i], shift, zero_points[4 - i]);
      }
    }
  }
  for (long i = 0; i < 5000000; ++i) {
    const uint64_t bits = draw();
    const int32_t multiplier = (int32_t)((1u << 30) | (bits & 0x3FFFFFFF));
    const int32_t shift = 1 + (int32_t)((bits >> 30) % 22);
    const int32_t zero_point = (int32_t)((bits >> 40) & 255) - 128;
    const int32_t magnitude = (int32_t)((draw() & 0x3FFFFFFF) >> ((bits >> 50) % 30));
    wrong += differs(bits >> 63 ? -magnitude : magnitude, multiplier, shift, zero_point);
  }
  printf("%ld\n", wrong);
  return 0;
}
"""


def test_the_short_requantization_is_exact(tmp_path: Path) -> None:
    source, program = tmp_path / "requantization.c", tmp_path / "requantization"
    source.write_text(PROGRAM)
    subprocess.run(["gcc", "-O2", f"-I{INCLUDE}", str(source), "-o", str(program)], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
