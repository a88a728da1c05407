"""The user's own `pio run`, without a registry and without mcugen's core folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mcugen
from mcugen.toolchain.pio_core import register_for_plain_pio
from tests.paths import SINE, needs_emulator


def test_puts_scons_where_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path))
    register_for_plain_pio()
    assert (tmp_path / "packages" / "tool-scons" / ".piopm").is_file()
    assert (tmp_path / "appstate.json").is_file()


def test_leaves_what_is_there_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path))
    theirs = tmp_path / "packages" / "tool-scons"
    theirs.mkdir(parents=True)
    (tmp_path / "appstate.json").write_text("{}")
    register_for_plain_pio()
    assert not list(theirs.iterdir())
    assert (tmp_path / "appstate.json").read_text() == "{}"


@pytest.mark.slow
@needs_emulator
def test_a_moved_project_builds_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    mcugen.build(SINE, "qemu_m4", output=tmp_path / "made", compile=False)
    moved = (tmp_path / "made").rename(tmp_path / "moved")
    command = [sys.executable, "-m", "platformio", "run", "-t", "upload"]
    done = subprocess.run(command, cwd=moved, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The firmware runs" in done.stdout + done.stderr
