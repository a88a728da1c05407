"""How an image gets to its board: QEMU, the computer itself, or the first flash tool on PATH."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

DEBIAN_PACKAGES = {
    "openocd": "openocd",
    "st-flash": "stlink-tools",
    "pyocd": "python3-pyocd",
    "qemu-system-arm": "qemu-system-arm",
}


class UploadError(Exception):
    """One sentence for the user."""


class Uploader:
    """Makes and runs the commands.

    `emulator` is QEMU's command for an emulated board; `protocol` and `port` are empty or the
    project's choice.
    """

    def __init__(
        self, section: dict[str, Any], emulator: list[str], protocol: str, port: str, path: str
    ) -> None:
        self._section, self._emulator = section, emulator
        self._protocol, self._port, self._path = protocol, port, path

    def commands(self, elf: str, objcopy: str) -> list[list[str]]:
        """What to run, in order. Raises UploadError if no tool is installed."""
        if self._section["kind"] == "host":
            return [[str(Path(elf).absolute())]]
        if self._section["kind"] == "emulator":
            self._require("qemu-system-arm")
            return [self._emulator]
        tool = self._choose()
        if tool == "openocd":
            return [self._openocd(elf)]
        if tool == "pyocd":
            return [self._pyocd(elf)]
        return self._st_flash(elf, objcopy)

    @staticmethod
    def run(command: list[str], environment: dict[str, str]) -> int:
        """The exit code, after passing on what the command prints."""
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            print(f"[exit code {done.returncode}]", flush=True)
        return done.returncode

    def _choose(self) -> str:
        offered = [str(tool) for tool in self._section["upload"]]
        if self._protocol:
            if self._protocol not in offered:
                raise UploadError(
                    f"upload_protocol = {self._protocol} is not known for this board, "
                    f"available: {', '.join(offered)}."
                )
            self._require(self._protocol)
            return self._protocol
        for tool in offered:
            if which(tool, path=self._path):
                return tool
        raise UploadError(
            f"none of {', '.join(offered)} is on PATH to flash the board; on Debian or Ubuntu: "
            f"apt install {DEBIAN_PACKAGES[offered[0]]}"
        )

    def _require(self, tool: str) -> None:
        if which(tool, path=self._path) is None:
            raise UploadError(
                f"{tool} is not on PATH; on Debian or Ubuntu: apt install {DEBIAN_PACKAGES[tool]}"
            )

    def _openocd(self, elf: str) -> list[str]:
        serial = ["-c", f"adapter serial {self._port}"] if self._port else []
        files = [word for name in self._section["upload"]["openocd"] for word in ("-f", name)]
        return ["openocd", *files, *serial, "-c", f"program {{{elf}}} verify reset exit"]

    def _pyocd(self, elf: str) -> list[str]:
        probe = ["-u", self._port] if self._port else []
        target = self._section["upload"]["pyocd"]
        return ["pyocd", "flash", "-W", *probe, "-t", target, elf]

    def _st_flash(self, elf: str, objcopy: str) -> list[list[str]]:
        image = str(Path(elf).with_suffix(".bin"))
        serial = ["--serial", self._port] if self._port else []
        address = self._section["upload"]["st-flash"]
        return [
            [objcopy, "-O", "binary", elf, image],
            ["st-flash", "--reset", *serial, "write", image, address],
        ]
