"""`flash`: uploads a generated project, and says what to do when no board answers."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.results import FlashResult
from mcugen.toolchain.pio import run_pio

LOG_LINES = 12


@dataclass(frozen=True)
class Trouble:
    """What an uploader's words mean: `pattern` is searched for without regard to case."""

    pattern: str
    meaning: str
    hint: str


TROUBLES = (
    Trouble(
        r"LIBUSB_ERROR_ACCESS|permission denied|insufficient permissions|access denied",
        "a probe is there, but this user may not open it",
        "sudo usermod -aG plugdev,dialout $USER, then log in again\n"
        "on Debian the openocd package brings the udev rules: apt install openocd\n"
        "unplug the probe and plug it in again",
    ),
    Trouble(
        r"qemu-system-arm is not on PATH",
        "the emulator is not installed",
        "apt install qemu-system-arm\nmcugen doctor  lists what is missing",
    ),
    Trouble(
        r"is (not )?on PATH|command not found|No such file or directory: '(openocd|st-flash|pyocd)",
        "the tool that flashes this board is not installed",
        "apt install openocd\nmcugen doctor  lists what is missing",
    ),
    Trouble(
        r"LIBUSB_ERROR_BUSY|resource busy|already in use|in use by another",
        "another program holds the probe",
        "close debuggers and serial monitors that use it\nunplug the probe and plug it in again",
    ),
    Trouble(
        r"target voltage|init mode failed|unable to connect to the target|target not found"
        r"|unknown chip|cannot read IDR",
        "the probe answers, but the chip behind it does not",
        "check the board's own power and its debug jumpers\n"
        "hold RESET down, start again, and release it when the upload begins",
    ),
    Trouble(
        r"could not open port|no such port|serial port .* not found",
        "the serial port cannot be opened",
        "mcugen doctor  lists the ports\nname another one: mcugen flash DIR --port PORT",
    ),
    Trouble(
        r"open failed|no device found|couldn't find any st-?link|no available debug probes"
        r"|no st-?link|unable to find a matching|no cmsis-dap|found 0 stlink",
        "no debug probe answered",
        "plug the board in at the connector of its debugger, with a cable that carries data\n"
        "lsusb should list the probe, for example 'ST-LINK'\n"
        "without a board: mcugen run MODEL --board qemu_m4",
    ),
    Trouble(
        r"InternetConnectionError|HTTPClientError|not connected to the internet",
        "PlatformIO needs the vendor's packages and cannot fetch them",
        "connect to the network and run it again\n"
        "or build for mcugen's own platform: mcugen build without --framework",
    ),
)


def flash(
    project_dir: str | Path, port: str | None = None, progress: Progress = silent
) -> FlashResult:
    """Runs `pio run -t upload` in a project folder, for its default environment.

    `port` is what the uploader takes: a probe's serial number or a serial port. Raises
    InputRejected if the folder is no PlatformIO project, McugenError if the upload fails.
    """
    folder = Path(project_dir)
    environment, board = read_project(folder)
    progress("building and uploading", 0, 0)
    done = run_pio(folder, environment, target="upload", port=port)
    if done.returncode != 0:
        raise explain(done.output, folder, board)
    return FlashResult(folder, environment, board, port, _tail(done.output))


def read_project(folder: Path) -> tuple[str, str]:
    """The default environment of a PlatformIO project, and its board."""
    if not folder.exists():
        raise InputRejected(f"there is no folder '{folder}'", _BUILD_FIRST)
    path = folder / "platformio.ini"
    if not path.is_file():
        raise InputRejected(f"'{folder}' is not a PlatformIO project", _BUILD_FIRST)
    ini = configparser.ConfigParser(
        interpolation=None, strict=False, inline_comment_prefixes=(";",)
    )
    try:
        ini.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputRejected(f"cannot read '{path}': {str(error).splitlines()[0]}") from None
    found = [name.removeprefix("env:") for name in ini.sections() if name.startswith("env:")]
    named = re.split(r"[,\s]+", ini.get("platformio", "default_envs", fallback="").strip())
    environment = next((name for name in (*named, *found) if name), "")
    if environment not in found:
        raise InputRejected(f"'{path}' has no environment to upload", _BUILD_FIRST)
    board = ini.get(f"env:{environment}", "board", fallback="") or ini.get(
        "env", "board", fallback=environment
    )
    return environment, board


_BUILD_FIRST = "write one first: mcugen build model.tflite --board ID -o DIR"


def explain(output: str, folder: Path, board: str) -> McugenError:
    """The error for an upload that failed, from what `pio` printed."""
    for trouble in TROUBLES:
        if re.search(trouble.pattern, output, re.IGNORECASE):
            message = f"the upload to {board} failed: {trouble.meaning}\n{_reason(output)}"
            return McugenError(message, trouble.hint)
    return McugenError(
        f"`pio run -t upload` failed in '{folder}'\n{_tail(output)}", f"cd {folder} && pio run -v"
    )


def _reason(output: str) -> str:
    """The line in which the uploader says what failed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    patterns = [trouble.pattern for trouble in TROUBLES]
    telling = [line for line in lines if any(re.search(p, line, re.IGNORECASE) for p in patterns)]
    return f"it said: {telling[-1]}" if telling else ""


def _tail(output: str) -> str:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-LOG_LINES:])
