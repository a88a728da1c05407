"""The mistakes that a new user makes, on the real command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import DIGITS, SINE, needs_emulator


def mcugen(
    *arguments: object, cwd: Path, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a shell would, outside the repository."""
    environment = dict(os.environ) | ({"PATH": path} if path is not None else {})
    command = [sys.executable, "-c", "from mcugen.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def assert_clean_refusal(done: subprocess.CompletedProcess[str], code: int) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_wrong_path(tmp_path: Path) -> None:
    shutil.copy(DIGITS, tmp_path / "digits.tflite")
    done = mcugen("build", "digit.tflite", "--board", "qemu_m4", cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert "digits.tflite" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["digits.tflite"]


def test_wrong_board_suggests_the_nearest(tmp_path: Path) -> None:
    done = mcugen("build", DIGITS, "--board", "disco_f746", cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert "disco_f746ng" in done.stderr
    assert not list(tmp_path.iterdir())


def test_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "notes.tflite").write_text("these are notes\n" * 20)
    done = mcugen("inspect", "notes.tflite", "--json", cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert json.loads(done.stdout)["error"]["exit_code"] == 2


def test_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = mcugen("build", SINE, "--board", "qemu_m4", "-o", "mine", cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_edited_project_is_not_overwritten(tmp_path: Path) -> None:
    command = ("build", SINE, "--board", "qemu_m4", "--no-compile", "-o", "project")
    assert mcugen(*command, cwd=tmp_path).returncode == 0
    main = tmp_path / "project" / "src" / "main.c"
    main.write_text(main.read_text() + "/* mine */\n")
    done = mcugen(*command, cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert "main.c" in done.stderr
    assert "/* mine */" in main.read_text()
    assert mcugen(*command, "--force", cwd=tmp_path).returncode == 0
    assert "/* mine */" not in main.read_text()


def test_no_toolchain(tmp_path: Path) -> None:
    done = mcugen("build", SINE, "--board", "qemu_m4", cwd=tmp_path, path=str(tmp_path))
    assert_clean_refusal(done, 1)
    assert "gcc-arm-none-eabi" in done.stderr


@needs_emulator
def test_no_emulator(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in Path("/usr/bin").iterdir():
        if not tool.name.startswith("qemu-"):
            (tools / tool.name).symlink_to(tool)
    done = mcugen("verify", SINE, "--board", "qemu_m4", cwd=tmp_path, path=str(tools))
    assert_clean_refusal(done, 1)
    assert "qemu-system-arm" in done.stderr


@pytest.mark.parametrize("verb", ["run", "verify", "profile"])
def test_real_board_needs_a_port(verb: str, tmp_path: Path) -> None:
    done = mcugen(verb, SINE, "--board", "nucleo_f446re", cwd=tmp_path)
    assert_clean_refusal(done, 2)
    assert "--port" in done.stderr


@needs_emulator
def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    done = mcugen("verify", SINE, "--board", "qemu_m4", "--inputs", 2, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["inputs"] == 2
    assert answer["mismatches"] == 0
    done = mcugen("build", SINE, "--board", "qemu_m4", "--json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert answer["fits"] is True
    keys = {"flash_bytes", "ram_bytes", "arena_bytes", "stack_bytes", "project_dir"}
    assert keys <= answer.keys()


@needs_emulator
def test_rebuilding_changes_no_byte(tmp_path: Path) -> None:
    command = ("build", SINE, "--board", "qemu_m4", "--no-compile")
    for folder in ("a", "b"):
        assert mcugen(*command, "-o", folder, cwd=tmp_path).returncode == 0
    assert mcugen(*command, "-o", "a", cwd=tmp_path).returncode == 0
    first, second = (_contents(tmp_path / folder) for folder in ("a", "b"))
    assert first == second
    assert str(tmp_path).encode() not in b"".join(first.values())


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
