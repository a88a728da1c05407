"""mcugen boards"""

from __future__ import annotations

import click

from mcugen.boards import list_boards, load_board
from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.report.text_setup import board_view, boards_view


@command
@click.argument("board", metavar="[ID]", required=False)
def boards(console: Console, board: str | None) -> None:
    """Lists the boards, or shows one.

    \b
    Examples:
      mcugen boards
      mcugen boards disco_f746ng
    """
    if board:
        one = load_board(board)
        console.result(one, board_view(one))
        return
    all_boards = list_boards()
    console.result({"boards": all_boards}, boards_view(all_boards))
