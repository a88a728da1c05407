"""Boards: one PlatformIO board manifest a file, with an "mcugen" section."""

from __future__ import annotations

from mcugen.boards.board import Board, Region
from mcugen.boards.load import list_boards, load_board

__all__ = ["Board", "Region", "list_boards", "load_board"]
