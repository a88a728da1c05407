"""What the terminal shows of boards, doctor and flash."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable
from mcugen.report.memory_plan import human_bytes
from mcugen.report.tables import size, table
from mcugen.report.view import BAD, GOOD, UNSURE, View, verdict
from mcugen.results import BoardInfo, BoardsResult, Check, DoctorResult, FlashResult

KINDS = {"emulator": "emulated", "host": "this machine", "board": "real"}


def boards_view(result: BoardsResult) -> View:
    """All boards, a line each."""
    rows = [
        (
            b.id,
            b.name,
            KINDS[b.kind],
            b.core,
            human_bytes(b.flash_bytes),
            human_bytes(b.ram_bytes),
            "mcugen" if b.own_platform else b.default_framework,
        )
        for b in result.boards
    ]
    head = ["=id", "name", "", "=core", ">flash", ">RAM", "=platform"]
    line = f"{len(result.boards)} boards; 'mcugen boards ID' shows one"
    return View(verdict(None, line), (table("", head, rows),))


def board_view(board: BoardInfo) -> View:
    """One board: core, memory regions and how it is reached."""
    platform = "mcugen's own, bare metal" if board.own_platform else "the vendor's"
    facts = [
        ("kind", KINDS[board.kind]),
        ("core", board.core),
        ("FPU", board.fpu or "none"),
        ("DSP instructions", "yes" if board.dsp else "no"),
        ("Helium (MVE)", "yes" if board.mve else "no"),
        ("clock", f"{board.f_cpu_hz / 1e6:g} MHz"),
        ("flash", f"{board.flash_bytes:,} B"),
        ("RAM", f"{board.ram_bytes:,} B"),
        ("reserved stack", f"{board.stack_bytes:,} B"),
        ("platform", platform),
        ("vendor frameworks", ", ".join(board.frameworks) or "none"),
    ]
    regions = [
        (r["name"], r["kind"], f"{r['origin']:#010x}", size(r["length_bytes"]))
        for r in board.regions
    ]
    body: list[RenderableType] = [
        table("", ["=", ""], facts),
        table("Memory", ["=region", "kind", ">origin", ">length"], regions),
    ]
    if board.facts_from:
        body.append(table("Facts from", ["=", ""], board.facts_from.items()))
    return View(verdict(None, printable(f"{board.id}: {board.name}")), tuple(body))


def doctor_view(result: DoctorResult) -> View:
    """Each thing that was looked for; how to get the missing ones."""
    missing = [c for c in result.checks if not c.ok]
    rows = [
        (_mark(c), c.name, c.found if c.ok else f"missing: {c.hint}", c.needed_for)
        for c in result.checks
    ]
    if not result.ok:
        names = ", ".join(c.name for c in missing if c.required)
        line = f"missing: {names}"
    elif missing:
        line = "all that building and emulating need is here; some optional things are not"
    else:
        line = "everything is here"
    return View(verdict(result.ok, line), (table("", ["=", "=what", "found", "needed for"], rows),))


def _mark(check: Check) -> Text:
    if check.ok:
        return Text("✓", GOOD)
    return Text("✗", BAD) if check.required else Text("•", UNSURE)


def flash_view(result: FlashResult) -> View:
    """That it worked, and the end of what the uploader said."""
    log = Text("\n".join(printable(line) for line in result.log.splitlines()), "dim")
    line = printable(f"uploaded {result.project_dir} to {result.board}")
    return View(verdict(True, line), (log,))
