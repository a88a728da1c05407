"""Budgets: what a network may cost, from options or from what a board has."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, fields, replace
from typing import Any

from mcugen.boards import Board
from mcugen.errors import InputRejected
from mcugen.search.costs import CostModel, CostName, Costs
from mcugen.search.latency import LatencyModel
from mcugen.search.space import Selection
from mcugen.text import printable

PORT_FLASH_BYTES = 800
"""What the ports of real boards take more than the emulators' that code sizes are measured on.

Measured on nucleo_f446re and disco_f746ng: 612 and 692 bytes.
"""

DATA_BYTES = 2_304
"""Static data of the firmware around the model, most of it the serial port's buffer.

Measured on the same boards: 2,072 bytes.
"""

APPLICATION_SHARE = 1 / 8
"""Of each memory, left to the application that the model is for: an estimate."""


@dataclass(frozen=True)
class Budgets:
    """Upper bounds; None leaves a cost free.

    `ops` are two for each multiply-accumulate. `flash_bytes` bounds the image of the firmware that
    runs the model, `sram_bytes` the arena, `latency` is in the unit of the latency model.
    """

    ops: float | None = None
    flash_bytes: float | None = None
    sram_bytes: float | None = None
    latency: float | None = None

    def __str__(self) -> str:
        return ", ".join(f"{limit:,.0f} {NAMES[name]}" for name, limit in self.limits.items())

    @property
    def limits(self) -> dict[CostName, float]:
        """The budgets that are set."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: v for name, v in values.items() if v is not None}  # type: ignore[misc]

    def uses(self, costs: Costs) -> dict[CostName, Any]:
        """Costs as shares of the budgets that are set."""
        return {name: costs.of(name) / limit for name, limit in self.limits.items()}

    def excesses(self, costs: Costs) -> dict[CostName, Any]:
        """By which share of each budget the cost is above it; negative below."""
        return {name: use - 1.0 for name, use in self.uses(costs).items()}

    def allow(self, costs: Costs) -> bool:
        """Whether numbers are within all budgets."""
        return all(costs.of(name) <= limit for name, limit in self.limits.items())

    def binding(self, costs: Costs) -> tuple[CostName, float] | None:
        """The budget that is used most, and its share; None if none is set."""
        uses = self.uses(costs)
        return max(uses.items(), key=lambda item: float(item[1])) if uses else None


def board_budgets(board: Board) -> Budgets:
    """Flash and SRAM of a board, less what firmware and application need.

    Of the memory that the arena is placed in, the stack is taken off if it lies there too, and so
    is static data; `APPLICATION_SHARE` of each memory is left to the application. Of a board where
    a vendor's framework places things the largest flash and RAM count.
    """
    placement = board.manifest["mcugen"]["placement"] or {}
    flash, sram = _memories(board)
    shared = {x: placement.get(x) == placement.get("arena") for x in ("stack", "data")}
    taken = board.stack_bytes * shared["stack"] + DATA_BYTES * shared["data"]
    return Budgets(
        flash_bytes=int(flash * (1 - APPLICATION_SHARE)) - PORT_FLASH_BYTES,
        sram_bytes=max(int(sram * (1 - APPLICATION_SHARE)) - taken, 0),
    )


def for_board(board: Board, given: Budgets) -> Budgets:
    """`given`, with the board's own where flash and SRAM are left free.

    Raises InputRejected for more flash or SRAM than the board has in one piece.
    """
    own = board_budgets(board)
    for name, has, budget in zip(
        ("flash", "SRAM"), _memories(board), (given.flash_bytes, given.sram_bytes), strict=True
    ):
        if budget is not None and budget > has:
            raise InputRejected(
                f"a budget of {budget:,.0f} bytes of {name} is more than {board.id} has for it, "
                f"{has:,}",
                f"leave it out for what is left beside firmware and application: {own}",
            )
    return replace(
        given,
        flash_bytes=own.flash_bytes if given.flash_bytes is None else given.flash_bytes,
        sram_bytes=own.sram_bytes if given.sram_bytes is None else given.sram_bytes,
    )


def _memories(board: Board) -> tuple[int, int]:
    """Bytes of the regions that constants and the arena lie in."""
    placement = board.manifest["mcugen"]["placement"] or {}
    largest = {kind: 0 for kind in ("flash", "ram")}
    for region in board.regions:
        largest[region.kind] = max(largest[region.kind], region.length_bytes)
    lengths = {region.name: region.length_bytes for region in board.regions}
    flash = lengths.get(placement.get("rodata", ""), largest["flash"])
    return flash, lengths.get(placement.get("arena", ""), largest["ram"])


def parse_bytes(text: str) -> int:
    """ "96K", "1.5M" or "98304" bytes; K is 1024, M 1024 * 1024. InputRejected for others."""
    return round(_scaled(text, "bytes", {"": 1, "K": 1024, "M": 1024**2}, "96K, 1.5M or 98304"))


def parse_ops(text: str) -> float:
    """ "20M" or "500K" operations; K is 1000, M a million, G a thousand millions."""
    return _scaled(text, "operations", DECIMAL, "20M or 500K")


def parse_latency(text: str, model: LatencyModel | None) -> float:
    """ "100ms", "1.5s" or "800us" for a model of time, "5M" for one of instructions.

    Raises InputRejected without a model, and for the other kind's units.
    """
    if model is None:
        raise InputRejected(
            "a latency budget needs a latency model",
            "give the file that mcugen characterize writes, or bound --ops instead",
        )
    if model.unit == "instructions":
        return _scaled(text, "instructions", DECIMAL, "5M, as the model counts instructions")
    return _scaled(text, "latency", {"us": 1, "ms": 1000, "s": 1_000_000}, "100ms or 1.5s")


DECIMAL = {"": 1, "K": 1000, "M": 1_000_000, "G": 1_000_000_000}


def _scaled(text: str, what: str, units: dict[str, int], example: str) -> float:
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]{0,2})", text.strip())
    known = {unit.lower(): scale for unit, scale in units.items()}
    if match is None or match[2].lower() not in known or not float(match[1]):
        raise InputRejected(
            f"{what}: {printable(text, 40)!r} is not understood", f"write it as in {example}"
        )
    return float(match[1]) * known[match[2].lower()]


NAMES: dict[CostName, str] = {
    "ops": "ops",
    "flash_bytes": "bytes of flash",
    "sram_bytes": "bytes of SRAM",
    "latency": "latency",
}


def check_possible(model: CostModel, budgets: Budgets) -> Selection:
    """The choices of a smallest network that keeps the budgets.

    Widths are the narrowest. Which bits and kernels take least depends on the budget, for code that
    computes with 4 bits is larger, a kernel may have to gather windows that a larger one has not,
    and a narrow block can save more behind it than it takes: all alike, each is tried. Raises
    InputRejected, naming each budget and what is missing, if none fits.
    """
    smallest = _smallest(model)
    for selection, costs in smallest:
        if budgets.allow(costs):
            return selection
    costs = min((c for _, c in smallest), key=lambda c: _most_over(c, budgets))
    over = [
        f"{costs.of(name):,.0f} {_unit(name, model)}, {costs.of(name) - limit:,.0f} more than "
        f"the budget of {limit:,.0f}"
        for name, limit in budgets.limits.items()
        if costs.of(name) > limit
    ]
    raise InputRejected(
        f"the smallest network of the space {model.space.name!r} takes {' and '.join(over)}",
        "raise the budget, take fewer bits or a smaller input, or let the space have narrower "
        "choices",
    )


def _smallest(model: CostModel) -> list[tuple[Selection, Costs]]:
    """The narrowest networks, each with one kind of bits, without and with optional blocks.

    Each with the smallest kernels and with the largest.
    """
    decisions = model.space.decisions
    found: dict[Selection, None] = {}
    for keep, bits, large in itertools.product(range(2), range(len(model.space.bits)), range(2)):
        chosen = {"keep": keep, "bits": bits}
        selection = tuple(
            large * (len(decision.choices) - 1)
            if decision.field == "kernel"
            else chosen.get(decision.field, 0)
            for decision in decisions
        )
        found[selection] = None
    return [(selection, model.of_selection(selection)) for selection in found]


def _most_over(costs: Costs, budgets: Budgets) -> float:
    """The largest share of a budget that is used; budgets may be 0."""
    return max(float(costs.of(name)) / max(x, 1.0) for name, x in budgets.limits.items())


def _unit(name: CostName, model: CostModel) -> str:
    return model.latency.unit if name == "latency" and model.latency else NAMES[name]
