"""What only a run on the core tells of a program: the arena that its interpreter needs."""

from __future__ import annotations

import contextlib
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mcugen.boards import Board, list_boards
from mcugen.device.protocol import Command, Frame
from mcugen.device.transport import EmulatorTransport
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.project.tree import read_manifest
from mcugen.runtimes.runtime import ArenaTrial, Program
from mcugen.target import Target, generate, recalled
from mcugen.toolchain.pio import error_lines, run_pio

_TRACE = "trace"
"""The environment of a project that answers what is asked here."""


def settle(target: Target, progress: Progress = silent) -> Target:
    """The target with its program settled: as its project's manifest tells, or by a run.

    Raises McugenError if the run fails, InputRejected as `Program.settled`.
    """
    if not target.program.tries_arenas:
        return target
    with contextlib.suppress(InputRejected):
        target = recalled(target, read_manifest(target.folder))
    board = emulated_twin(target.board)
    if board is None or not _holds(board, target.program):
        return replace(target, program=target.program.settled(None))
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        probe = EmulatorProbe(replace(target, board=board, framework=None), Path(name), progress)
        return replace(target, program=target.program.settled(probe))


def emulated_twin(board: Board) -> Board | None:
    """The emulated board with the same core and the most RAM; None if no emulator has the core."""
    twins = [b for b in list_boards() if b.is_emulated and b.core == board.core]
    return max(twins, key=lambda b: b.ram_bytes, default=None)


def _holds(board: Board, program: Program) -> bool:
    """Whether the board has room for the image that measures, as far as can be told beforehand."""
    ram_bytes = program.arena.size_bytes + board.stack_bytes
    return program.constants_bytes < board.flash_bytes and ram_bytes < board.ram_bytes


@dataclass
class EmulatorProbe:
    """Tries arenas in QEMU, with projects that it writes below `folder`."""

    target: Target
    folder: Path
    progress: Progress
    _built: dict[int, Path] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return self.target.board.id

    def try_arenas(self, program: Program, sizes_bytes: Sequence[int]) -> list[ArenaTrial]:
        """As `ArenaProbe` has it; an image is built for each arena of a program, once."""
        capacity = program.arena.size_bytes
        if capacity not in self._built:
            self.progress("compiling", 0, 1)
            self._built[capacity] = self._image(program, self.folder / str(capacity))
        self.progress("measuring the arena", 0, 1)
        requests = [Frame(Command.ARENA, struct.pack("<I", size)) for size in sizes_bytes]
        transport = EmulatorTransport(self.target.board, self._built[capacity])
        return [_trial(reply.payload) for reply in transport.exchange(requests)]

    def _image(self, program: Program, folder: Path) -> Path:
        target = replace(self.target, program=program, folder=folder)
        generate(target)
        outcome = run_pio(folder, _TRACE)
        if outcome.returncode != 0:
            raise McugenError(
                f"the firmware that measures the arena, for {self.place}, does not build",
                error_lines(outcome.output, None),
            )
        return folder / ".pio" / "build" / _TRACE / "firmware.elf"


def _trial(payload: bytes) -> ArenaTrial:
    if len(payload) != 16:
        raise McugenError("the firmware's answer about its arena has another size than it should")
    runs, head, tail, missing = struct.unpack("<4I", payload)
    return ArenaTrial(bool(runs), head, tail, missing)
