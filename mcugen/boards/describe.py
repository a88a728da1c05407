"""A board as `mcugen boards` shows it."""

from __future__ import annotations

from dataclasses import asdict

from mcugen.boards.board import Board
from mcugen.results import BoardInfo


def describe_board(board: Board) -> BoardInfo:
    """What `boards` shows of a board."""
    return BoardInfo(
        id=board.id,
        name=board.name,
        kind=board.kind,
        core=board.core,
        fpu=board.fpu,
        dsp=board.has_dsp,
        mve=board.has_mve,
        f_cpu_hz=board.f_cpu_hz,
        flash_bytes=board.flash_bytes,
        ram_bytes=board.ram_bytes,
        stack_bytes=board.stack_bytes,
        regions=tuple(asdict(region) for region in board.regions),
        own_platform=board.has_own_port,
        default_framework=board.default_framework,
        frameworks=board.frameworks,
        facts_from=dict(board.manifest["mcugen"].get("sources") or {}),
    )
