"""Upload: reading the project, and turning an uploader's words into help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mcugen.flashing as module
from mcugen.errors import InputRejected, McugenError
from mcugen.toolchain.pio import PioResult

INI = """\
; comment
[platformio]
default_envs = disco_f746ng

[env]
platform = symlink://platform
board = disco_f746ng

[env:disco_f746ng]

[env:trace]
build_flags = ${env.build_flags} -DX
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "platformio.ini").write_text(INI)
    return tmp_path


def pio(monkeypatch: pytest.MonkeyPatch, returncode: int, output: str) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def run_pio(folder: Path, environment: str, **options: Any) -> PioResult:
        calls.append({"folder": folder, "environment": environment, **options})
        return PioResult(returncode, output)

    monkeypatch.setattr(module, "run_pio", run_pio)
    return calls


def test_uploads_the_default_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = pio(monkeypatch, 0, "** Verified OK **\n\n")
    result = module.flash(project, "066DFF")
    assert calls == [
        {
            "folder": project,
            "environment": "disco_f746ng",
            "target": "upload",
            "port": "066DFF",
        }
    ]
    assert (result.board, result.log) == ("disco_f746ng", "** Verified OK **")


@pytest.mark.parametrize(
    ("words", "meaning", "hint"),
    [
        ("Error: open failed\n*** [upload] Error 1", "no debug probe answered", "lsusb"),
        ("Couldn't find any ST-Link devices", "no debug probe answered", "lsusb"),
        ("Error: none of openocd, st-flash is on PATH to flash", "not installed", "apt install"),
        ("Error: qemu-system-arm is not on PATH; on", "emulator", "apt install qemu-system-arm"),
        ("libusb_open() failed with LIBUSB_ERROR_ACCESS", "may not open it", "plugdev"),
        ("Error: init mode failed (unable to connect to the target)", "the chip", "RESET"),
        ("LIBUSB_ERROR_BUSY", "another program", "debuggers"),
        ("InternetConnectionError: You are not", "cannot fetch", "--framework"),
    ],
)
def test_what_an_uploader_says_becomes_help(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: str, meaning: str, hint: str
) -> None:
    pio(monkeypatch, 1, f"Building\n{words}\n")
    with pytest.raises(McugenError) as caught:
        module.flash(project)
    assert caught.value.exit_code == 1
    assert meaning in caught.value.message
    assert words.splitlines()[0] in caught.value.message
    assert hint in caught.value.hint


def test_an_unknown_failure_shows_the_end_of_the_log(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pio(monkeypatch, 1, "\n".join(f"line {i}" for i in range(40)))
    with pytest.raises(McugenError, match="line 39") as caught:
        module.flash(project)
    assert "line 20" not in caught.value.message


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="there is no folder"):
        module.flash(tmp_path / "nowhere")


def test_not_a_project(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="not a PlatformIO project"):
        module.flash(tmp_path)


@pytest.mark.parametrize("text", ["", "[env]\nboard = x\n", "words", "[platformio]\n", "\x00[["])
def test_a_project_without_environments(tmp_path: Path, text: str) -> None:
    (tmp_path / "platformio.ini").write_text(text)
    with pytest.raises(InputRejected):
        module.flash(tmp_path)
