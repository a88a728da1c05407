"""The functions of a linked Arm program as lists of instructions, from `objdump -d`."""

from __future__ import annotations

import os
import re
import subprocess
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcugen.errors import McugenError
from mcugen.toolchain.elf import Symbol, read_symbols

_TIMEOUT_SECONDS = 300
_LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_LINE = re.compile(r"^\s*([0-9a-f]+):\t(\S+)(?:\t(.*))?$")
_COMMENT = re.compile(r"\s*[@;]\s*(?:\(([0-9a-f]+)\b)?.*$")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of disassembly; data between instructions has a mnemonic such as ".word".

    `literal_address` is where a load relative to the program counter reads.
    """

    address: int
    mnemonic: str
    operands: str
    literal_address: int | None


@dataclass(frozen=True)
class Function:
    """Code that is entered at `address`. Several `names` are aliases.

    `instructions` include the part that the compiler put elsewhere as unlikely (NAME.cold).
    `source` is None where the symbol table does not tell it.
    """

    address: int
    names: tuple[str, ...]
    source: str | None
    instructions: tuple[Instruction, ...]

    @property
    def name(self) -> str:
        """The first name, for messages."""
        return self.names[0]


@dataclass(frozen=True)
class Program:
    """All functions of a program by their addresses, and the data words between them."""

    functions: dict[int, Function]
    words: dict[int, int]
    starts: tuple[int, ...]
    owner: dict[int, int]

    def function_at(self, address: int) -> Function | None:
        """The function that the instruction at `address` belongs to."""
        at = bisect_right(self.starts, address) - 1
        return self.functions[self.owner[self.starts[at]]] if at >= 0 else None

    def next_start(self, function: Function) -> int | None:
        """Where the function that follows this one in memory begins."""
        at = bisect_right(self.starts, function.address)
        return self.starts[at] if at < len(self.starts) else None


def read_program(elf: Path, objdump: str) -> Program:
    """Disassembles `elf`. Raises McugenError if that is not possible."""
    symbols = [symbol for symbol in read_symbols(elf) if symbol.is_function]
    instructions, labels = _parse(_run_objdump(elf, objdump))
    # A label inside a function (assembly has them) is not an entry of its own.
    inside = _Extents(symbols)
    names = {address: [name] for address, name in labels.items() if address not in inside}
    names |= {symbol.address: [] for symbol in symbols}
    for symbol in sorted(symbols, key=lambda symbol: symbol.name):
        names[symbol.address].append(symbol.name)
    sources = {symbol.address: symbol.source for symbol in symbols}
    starts = tuple(sorted(names))
    owner = _cold_parts(names, sources)
    bodies: dict[int, list[Instruction]] = {start: [] for start in starts}
    for instruction in instructions:
        at = bisect_right(starts, instruction.address) - 1
        if at >= 0:
            bodies[owner[starts[at]]].append(instruction)
    return Program(
        functions={
            start: Function(start, tuple(names[start]), sources.get(start), tuple(bodies[start]))
            for start in starts
            if owner[start] == start
        },
        words={
            i.address: int(i.operands, 16)
            for i in instructions
            if i.mnemonic == ".word" and i.operands.startswith("0x")
        },
        starts=starts,
        owner=owner,
    )


class _Extents:
    """The addresses inside functions of known size, their first addresses not counted."""

    def __init__(self, symbols: Iterable[Symbol]) -> None:
        sized = sorted((s.address, s.address + s.size_bytes) for s in symbols if s.size_bytes)
        self._begins = [begin for begin, _ in sized]
        self._ends = [end for _, end in sized]

    def __contains__(self, address: int) -> bool:
        at = bisect_right(self._begins, address) - 1
        return at >= 0 and self._begins[at] < address < self._ends[at]


def _cold_parts(names: dict[int, list[str]], sources: dict[int, str | None]) -> dict[int, int]:
    """For each start the function that it is part of: itself, unless it is a cold part."""
    by_name: dict[tuple[str, str | None], list[int]] = {}
    for start, aliases in names.items():
        for name in aliases:
            by_name.setdefault((name, sources.get(start)), []).append(start)
    owner = {}
    for start, aliases in names.items():
        parent, cold, _ = aliases[0].partition(".cold")
        homes = by_name.get((parent, sources.get(start)), []) if cold else []
        owner[start] = homes[0] if len(homes) == 1 else start
    return owner


def _run_objdump(elf: Path, objdump: str) -> str:
    command = [objdump, "--disassemble", "--no-show-raw-insn", "--wide", str(elf.resolve())]
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "LC_ALL": "C"},
            timeout=_TIMEOUT_SECONDS,
        )
    except FileNotFoundError as error:
        raise McugenError(
            f"{objdump} was not found", "Install the Arm toolchain, or name its objdump."
        ) from error
    except subprocess.SubprocessError as error:
        raise McugenError(f"{objdump} could not disassemble {elf.name}: {error}") from error
    return result.stdout


def _parse(listing: str) -> tuple[Sequence[Instruction], dict[int, str]]:
    instructions: list[Instruction] = []
    labels: dict[int, str] = {}
    for line in listing.splitlines():
        if match := _LINE.match(line):
            address, mnemonic, operands = match[1], match[2], match[3] or ""
            comment = _COMMENT.search(operands)
            literal = comment[1] if comment else None
            instructions.append(
                Instruction(
                    int(address, 16),
                    mnemonic,
                    operands[: comment.start()] if comment else operands.strip(),
                    int(literal, 16) if literal else None,
                )
            )
        elif match := _LABEL.match(line):
            labels[int(match[1], 16)] = match[2]
    return instructions, labels
