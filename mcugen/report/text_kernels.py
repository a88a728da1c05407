"""What the terminal shows of inspect --kernels."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable
from mcugen.report.kernels import CORES, cost, measured_unit, passed_over, per_mac, shapes
from mcugen.report.tables import bullets, table
from mcugen.report.view import View, verdict
from mcugen.results import InspectResult, OperatorInfo


def kernels_view(result: InspectResult) -> View:
    """Each layer's kernel, its cost where it was profiled, and why it was chosen.

    Layers share reasons, so each stands once below the table, under the letter in the last column.
    """
    unit = measured_unit(result)
    head = [">#", "=operator", "shape", "=kernel", ">MACs"]
    head += [f">{unit}", ">per MAC"] if unit else []
    letters: dict[str, str] = {}
    rows: list[list[object]] = []
    for o in result.operators:
        row: list[object] = [o.index, o.op, shapes(o, result), o.kernel, o.macs or None]
        if unit:
            row += [cost(o), per_mac(o)]
        rows.append([*row, letters.setdefault(_why(o), _letter(len(letters)))])
    body: list[RenderableType] = [
        table("Kernels, in order of execution", [*head, "=why"], rows),
        table("Why", ["=", ""], [(letter, Text(why)) for why, letter in letters.items()]),
        bullets("Figures:" if unit else "To count instructions:", _figures(result, unit)),
    ]
    line = f"{result.name}: kernels for {CORES[result.instruction_set]}"
    return View(verdict(None, printable(line)), tuple(body))


def _why(operator: OperatorInfo) -> str:
    lines = [f"{operator.kernel}: {operator.reason}"]
    lines += [f"not {kernels}: {reason}" for kernels, reason in passed_over(operator)]
    return "\n".join(printable(line) for line in lines)


def _letter(number: int) -> str:
    """a to z, then a1 to z1 and so on."""
    turn, place = divmod(number, 26)
    return chr(ord("a") + place) + (str(turn) if turn else "")


def _figures(result: InspectResult, unit: str | None) -> list[str]:
    if unit:
        return [f"{unit}: {result.sources[unit]}"]
    board = result.boards[0].board if len(result.boards) == 1 else "ID"
    again = "this command again" if board != "ID" else "this command with --board ID"
    return [f"mcugen profile {result.model} --board {board}", f"then {again}"]
