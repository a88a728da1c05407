"""mcugen boards"""

from __future__ import annotations

import click

from mcugen.boards import list_boards, load_board
from mcugen.boards.describe import describe_board
from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.report.text_setup import board_view, boards_view
from mcugen.results import BoardsResult


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
        one = describe_board(load_board(board))
        console.result(one, board_view(one))
        return
    everything = BoardsResult(tuple(describe_board(each) for each in list_boards()))
    console.result(everything, boards_view(everything))
