"""The example firmware that links two generated models beside its own code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mcugen
from mcugen.boards import load_board
from mcugen.toolchain.pio_core import ensure_core, offline_environment
from tests.paths import DIGITS, ROOT, SINE, needs_emulator

pytestmark = [pytest.mark.slow, needs_emulator]


def test_two_models_in_one_firmware(tmp_path: Path) -> None:
    project = tmp_path / "embed"
    shutil.copytree(ROOT / "examples" / "embed", project, ignore=shutil.ignore_patterns(".pio"))
    ini = (project / "platformio.ini").read_text()
    ini = ini.replace("${PROJECT_DIR}/../..", str(ROOT)).replace("../..", str(ROOT))
    (project / "platformio.ini").write_text(ini)
    for model in (DIGITS, SINE):
        mcugen.build(model, "qemu_m4", output=project / "generated" / model.stem, compile=False)
    done = subprocess.run(
        [sys.executable, "-m", "platformio", "run"],
        cwd=project,
        env=offline_environment(ensure_core()),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    elf = project / ".pio" / "build" / "qemu_m4" / "firmware.elf"
    command = load_board("qemu_m4").emulator_command(elf, ())
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "digit 7, sine -0.9" in done.stdout + done.stderr
    assert done.returncode == 0
