"""`doctor`: which tools are here, which are missing, and how to get them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mcugen.results import Check, DoctorResult

OLDEST_PYTHON = (3, 11)
SECONDS_TO_ANSWER = 20
PROBE_TOOLS = ("openocd", "st-flash", "pyocd")
CROSS_COMPILER = "arm-none-eabi-gcc"


def doctor() -> DoctorResult:
    """Looks for everything that some verb needs; changes nothing and asks no network."""
    checks = (
        _python(),
        _package("PlatformIO", "platformio", "build, flash", "pip install platformio"),
        _package("SCons", "SCons", "build, flash", "pip install SCons"),
        _program(
            CROSS_COMPILER,
            ["-dumpfullversion"],
            "build for Cortex-M",
            "apt-get install gcc-arm-none-eabi",
        ),
        _newlib(),
        _cxx_library(),
        _program(
            "qemu-system-arm",
            ["--version"],
            "run, verify, profile on qemu_ boards",
            "apt-get install qemu-system-arm",
        ),
        _package("TFLM", "tflite-micro", "verify", "pip install tflite-micro", required=False),
        _program("gcc", ["--version"], "board host", "apt-get install gcc", required=False),
        _package("Keras", "keras", "train, export", "pip install 'mcugen[train]'", required=False),
        _package(
            "espeak-ng",
            "espeakng-loader",
            "offline keywords to train on",
            "pip install 'mcugen[data]'",
            required=False,
        ),
        _probe_tool(),
        _serial_ports(),
    )
    return DoctorResult(all(c.ok for c in checks if c.required), checks)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    oldest = ".".join(str(part) for part in OLDEST_PYTHON)
    ok = sys.version_info >= OLDEST_PYTHON
    return Check("Python", "everything", True, ok, version, f"install Python {oldest} or newer")


def _package(
    name: str, distribution: str, needed_for: str, hint: str, required: bool = True
) -> Check:
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, needed_for, required, False, "", hint)
    return Check(name, needed_for, required, True, version, hint)


def _program(
    name: str, arguments: list[str], needed_for: str, hint: str, required: bool = True
) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, needed_for, required, False, "", hint)
    answer = _answer([path, *arguments])
    found = re.search(r"\d+(?:\.\d+)+", answer or "")
    if answer is None or found is None:
        hint = f"{path} does not answer; {hint}"
        return Check(name, needed_for, required, False, "", hint)
    return Check(name, needed_for, required, True, f"{found[0]} ({path})", hint)


def _newlib() -> Check:
    """The C library's small variant, which Debian packages apart from the compiler."""
    path = shutil.which(CROSS_COMPILER)
    place = (_answer([path, "-print-file-name=nano.specs"]) or "").strip() if path else ""
    hint = "apt-get install libnewlib-arm-none-eabi"
    ok = Path(place).is_absolute()
    return Check(
        "newlib", "build for Cortex-M", True, ok, str(Path(place).resolve()) if ok else "", hint
    )


def _cxx_library() -> Check:
    """The headers of the C++ library, which TensorFlow Lite Micro includes."""
    path = shutil.which(CROSS_COMPILER)
    command = [path, "-E", "-x", "c++", "-include", "cstddef", os.devnull] if path else []
    ok = bool(command) and _answer(command) is not None
    return Check(
        "libstdc++ for Cortex-M",
        "build --runtime tflm",
        False,
        ok,
        "there" if ok else "",
        "apt-get install libstdc++-arm-none-eabi-newlib",
    )


def _probe_tool() -> Check:
    found = [f"{name} ({path})" for name in PROBE_TOOLS if (path := shutil.which(name))]
    return Check(
        "openocd, st-flash or pyocd",
        "flash a real board",
        False,
        bool(found),
        ", ".join(found),
        "apt-get install openocd",
    )


def _serial_ports() -> Check:
    """Ports that a board may be behind; a machine without a board has none."""
    hint = "connect a board; on Linux your user must be in the group 'dialout'"
    if importlib.util.find_spec("serial") is None:
        return Check("serial port", "a real board", False, False, "", "pip install pyserial")
    from serial.tools import list_ports

    ports = sorted(str(port.device) for port in list_ports.comports())
    return Check("serial port", "a real board", False, bool(ports), ", ".join(ports), hint)


def _answer(command: list[str]) -> str | None:
    """Standard output of a short command; None if it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_TO_ANSWER, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
