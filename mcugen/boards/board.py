"""What the rest of mcugen knows of a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from mcugen.isa import Isa
from mcugen.platform.builder.manifest import cpu_flags, qemu_command

Kind = Literal["emulator", "board", "host"]


@dataclass(frozen=True)
class Region:
    """A contiguous piece of memory; banks that adjoin are one region."""

    name: str
    kind: Literal["flash", "ram"]
    origin: int
    length_bytes: int


@dataclass(frozen=True)
class Board:
    """A target, as its manifest states it.

    `default_framework` is None where our own bare-metal platform has a port, else the vendor
    framework that serves. `frameworks` are all vendor frameworks on offer. `ticks_per_instruction`
    scales mcugen_board_ticks() on an emulator and is None elsewhere. `manifest` is the file's
    content. `flash_bytes` and `ram_bytes` are totals over `regions`.
    """

    id: str
    name: str
    kind: Kind
    core: str
    fpu: str | None
    float_abi: str
    has_dsp: bool
    has_mve: bool
    regions: tuple[Region, ...]
    stack_bytes: int
    f_cpu_hz: int
    ticks_per_instruction: Fraction | None
    serial_baud: int
    frameworks: tuple[str, ...]
    default_framework: str | None
    manifest: dict[str, Any] = field(compare=False, repr=False)

    @property
    def flash_bytes(self) -> int:
        return sum(r.length_bytes for r in self.regions if r.kind == "flash")

    @property
    def ram_bytes(self) -> int:
        return sum(r.length_bytes for r in self.regions if r.kind == "ram")

    @property
    def isa(self) -> Isa:
        """The instruction set whose kernels serve best."""
        if self.has_mve:
            return Isa.MVE
        return Isa.DSP if self.has_dsp else Isa.PORTABLE

    @property
    def is_emulated(self) -> bool:
        return self.kind == "emulator"

    @property
    def has_own_port(self) -> bool:
        """Whether our own platform builds for it, without any vendor's packages."""
        return self.manifest["mcugen"]["port"] is not None

    @property
    def cpu_flags(self) -> tuple[str, ...]:
        """gcc's flags for the processor."""
        return tuple(cpu_flags(self.manifest["mcugen"]))

    def emulator_command(self, elf: Path, args: Sequence[str] = ()) -> list[str]:
        """Runs `elf` in QEMU; `args` are request and response file, or nothing for a demonstration.

        Only for emulated boards (ValueError).
        """
        if not self.is_emulated:
            raise ValueError(f"{self.id} is not emulated")
        return qemu_command(self.manifest["mcugen"], str(elf), args)
