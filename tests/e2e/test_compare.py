"""Both runtimes, built and run: needs packs, and minutes where their objects are not cached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcugen import api
from tests.paths import SINE, needs_emulator

needs_packs = pytest.mark.skipif(
    not os.environ.get("MCUGEN_PACKS"), reason="MCUGEN_PACKS does not point to packs"
)


@needs_packs
@needs_emulator
@pytest.mark.emulator
@pytest.mark.slow
def test_a_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = api.compare(SINE, "qemu_m4", count=3)
    aot, tflm = result.runtimes
    assert (aot.runtime, tflm.runtime) == ("aot", "tflm")
    for each in result.runtimes:
        assert each.build.fits and each.verified is not None
        assert each.verified.mismatches == 0 and each.instructions
    assert (tflm.build.flash_bytes or 0) > (aot.build.flash_bytes or 0)
    assert tflm.build.arena_bytes > aot.build.arena_bytes
