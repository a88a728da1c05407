"""Runs PlatformIO on a generated project."""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mcugen.boards import Board
from mcugen.errors import McugenError
from mcugen.toolchain.pio_core import (
    ensure_core,
    launcher,
    offline_environment,
    platformio_version,
)
from mcugen.toolchain.platform_files import copy_platform, project_board

__all__ = [
    "PioResult",
    "check_compiler",
    "copy_platform",
    "ensure_core",
    "error_lines",
    "run_pio",
]

DEFAULT_TIMEOUT_S = 1800.0
_COMPILERS = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "gcc": "gcc libc6-dev",
}


@dataclass(frozen=True)
class PioResult:
    """How `pio run` ended; `output` holds what it printed, both streams in order."""

    returncode: int
    output: str


def run_pio(
    project_dir: Path,
    environment: str,
    target: str | None = None,
    on_line: Callable[[str], None] | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    port: str | None = None,
) -> PioResult:
    """`pio run -e environment [-t target]` in `project_dir`; `port` is the upload port.

    A project on our own platform is built in mcugen's core folder and never uses a network; one on
    a vendor's platform is built as the user's own `pio` would, with the user's packages. Runs in
    one project wait for each other. Raises McugenError if a tool is missing, the folder is no
    project or the time is up; a build that fails is a result.
    """
    folder = project_dir.absolute()
    command = [*_platformio(folder, environment), "run", "-d", str(folder), "-e", environment]
    if target:
        command += ["-t", target]
    if port:
        command += ["--upload-port", port]
    variables = dict(os.environ)
    if _uses_own_platform(folder, environment):
        variables = offline_environment(ensure_core())
        # Its link to the platform stays with the project: projects must not see each other's.
        variables["PLATFORMIO_PLATFORMS_DIR"] = str(folder / ".pio" / "platforms")
    with _project_lock(folder):
        return _run(command, folder, variables, on_line, timeout_s)


def check_compiler(board: Board) -> None:
    """Raises McugenError if the compiler is missing with which our own platform builds for it."""
    compiler = "gcc" if board.kind == "host" else "arm-none-eabi-gcc"
    if shutil.which(compiler) is None:
        raise McugenError(
            f"{compiler} is not on PATH",
            f"on Debian or Ubuntu: apt install {_COMPILERS[compiler]}",
        )


def _platformio(folder: Path, environment: str) -> list[str]:
    if not _uses_own_platform(folder, environment):
        platformio_version()
        return [sys.executable, "-m", "platformio"]
    check_compiler(project_board(folder))
    return [sys.executable, str(launcher(ensure_core()))]


def _uses_own_platform(folder: Path, environment: str) -> bool:
    """Whether the environment names the platform that travels in the project."""
    path = folder / "platformio.ini"
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        ini.read_string(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise McugenError(
            f"{folder} holds no PlatformIO project: {error.strerror}",
            "mcugen build writes one",
        ) from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise McugenError(f"{path} cannot be read: {error}") from error
    section = f"env:{environment}"
    if not ini.has_section(section):
        names = ", ".join(s[4:] for s in ini.sections() if s.startswith("env:"))
        raise McugenError(f"{path} has no environment {environment!r}", f"it has {names or 'none'}")
    platform = ini.get(section, "platform", fallback=ini.get("env", "platform", fallback=""))
    return platform.startswith("symlink://") and platform.endswith("platform")


@contextlib.contextmanager
def _project_lock(folder: Path) -> Iterator[None]:
    """Two builds in one folder would write the same objects."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        (folder / ".pio").mkdir(exist_ok=True)
        stream = (folder / ".pio" / "mcugen.lock").open("w")
    except OSError as error:
        raise McugenError(f"cannot write to {folder}: {error.strerror}") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _run(
    command: list[str],
    folder: Path,
    variables: dict[str, str],
    on_line: Callable[[str], None] | None,
    timeout_s: float,
) -> PioResult:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=variables | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout_s, stop)
    timer.daemon = True
    timer.start()
    lines: list[str] = []
    try:
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip("\r\n"))
    except BaseException:
        _kill(process)
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise McugenError(
            f"`pio run` in {folder} did not end within {timeout_s:g} s",
            "".join(lines[-5:]),
        )
    return PioResult(process.returncode, "".join(lines))


def _kill(process: subprocess.Popen[str]) -> None:
    """Ends the compilers and emulators that it started too."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def error_lines(output: str, framework: str | None) -> str:
    """What a failed build said of the reason, as a hint; `framework` is the vendor's, if any."""
    if framework and ("HTTPClientError" in output or "InternetConnectionError" in output):
        return (
            f"the project is written, but PlatformIO could not fetch the {framework} packages of "
            "its platform\nrun it again, or `pio run` in the project, with a network connection"
        )
    if re.search(r"fatal error: c\w+: No such file", output):
        return (
            "the compiler has no headers of the C++ library\n"
            "on Debian or Ubuntu: apt install libstdc++-arm-none-eabi-newlib"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search("rror|: not found", line)]
    return "\n".join((errors or lines)[-6:])
