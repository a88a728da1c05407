"""What follows from the "mcugen" section of a board's manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def cpu_flags(section: dict[str, Any]) -> list[str]:
    """gcc's flags for an Arm processor; none for others."""
    if not section["core"].startswith("cortex-m"):
        return []
    flags = [f"-mcpu={section['core']}", "-mthumb", f"-mfloat-abi={section['float_abi']}"]
    if section["fpu"]:
        flags.append(f"-mfpu={section['fpu']}")
    return flags


def qemu_command(section: dict[str, Any], elf: str, arguments: Sequence[str] = ()) -> list[str]:
    """Runs `elf` in QEMU with `arguments` on the semihosting command line.

    `sleep=off` takes real time out of the machine: only then does every run count the same.
    """
    config = "enable=on,target=native"
    for word in ("mcugen", *arguments) if arguments else ():
        quoted = f'"{word}"' if " " in word else word
        config += ",arg=" + quoted.replace(",", ",,")
    return [
        "qemu-system-arm",
        *("-M", section["emulator"]["machine"]),
        *("-display", "none", "-monitor", "none", "-serial", "null"),
        *("-semihosting-config", config),
        *("-icount", f"shift={section['emulator']['icount_shift']},sleep=off"),
        *("-kernel", elf),
    ]
