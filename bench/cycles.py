"""Estimates Cortex-M4 cycles of one inference from the instructions that it executes.

A plugin of QEMU counts executions of every block; each instruction then has a price, for memory
without wait states (ARM 100166, "Instruction set summary", simplified):

- a load takes 2 cycles, 1 directly after another load; LDM, LDRD and their like 1 and 1 a register;
- a taken branch takes 3, a division 12 (its most), everything else 1.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mcugen.boards import Board
from mcugen.device.protocol import Command, Frame
from mcugen.errors import McugenError
from mcugen.samples import Sample
from mcugen.toolchain.disassembly import Instruction, read_program

SOURCE = Path(__file__).parent / "plugin" / "count_blocks.c"
TAKEN_CYCLES = 2
"""What a branch costs on top when it is taken."""
DIVISION_CYCLES = 12
TIMEOUT_S = 300

_MULTIPLE = re.compile(r"v?(ldm|stm|push|pop)")
_REGISTERS = re.compile(r"\{(.*)\}")


@dataclass(frozen=True)
class Block:
    """Instructions without a jump between them; `taken` counts jumps away from its end."""

    address: int
    instructions: int
    executions: int
    taken: int


@dataclass(frozen=True)
class Estimate:
    """One inference: executed instructions, exactly, and cycles by the model above."""

    instructions: int
    cycles: int


def build_plugin(folder: Path) -> Path:
    """Compiles the plugin. Raises CalledProcessError with gcc's words on standard error."""
    library = folder / "count_blocks.so"
    flags = ["-std=c99", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(SOURCE), "-o", str(library)], check=True)
    return library


def estimate(board: Board, elf: Path, prefix: str, sample: Sample, plugin: Path) -> Estimate:
    """Runs one inference of a firmware built without layer hooks, and prices it."""
    program = read_program(elf, "arm-none-eabi-objdump")
    code = {i.address: i for f in program.functions.values() for i in f.instructions}
    invoke = next(f for f in program.functions.values() if f"{prefix}_invoke" in f.names)
    returns = [i.address + 4 for i in code.values() if _calls(i, invoke.address)]
    blocks = _count(board, elf, sample, plugin, invoke.address, returns)
    return Estimate(
        sum(block.instructions * block.executions for block in blocks), price(blocks, code)
    )


def price(blocks: Iterable[Block], code: Mapping[int, Instruction]) -> int:
    """Cycles of all executions of all blocks."""
    following = _following(code)
    total = 0
    for block in blocks:
        cycles, address, after_load = 0, block.address, False
        for _ in range(block.instructions):
            instruction = code[address]
            cycles += instruction_cycles(instruction, after_load)
            after_load = _is_load(instruction)
            address = following.get(address, -1)
        total += cycles * block.executions + TAKEN_CYCLES * block.taken
    return total


def instruction_cycles(instruction: Instruction, after_load: bool) -> int:
    """The price of one execution; a branch's as if it were not taken."""
    mnemonic, operands = instruction.mnemonic, instruction.operands
    if _MULTIPLE.match(mnemonic):
        return 1 + _register_count(operands)
    if mnemonic.startswith(("ldrd", "strd")):
        return 3
    if _is_load(instruction):
        return 1 if after_load else 2
    if mnemonic.startswith(("sdiv", "udiv")):
        return DIVISION_CYCLES
    return 1


def _is_load(instruction: Instruction) -> bool:
    name = instruction.mnemonic
    return name.startswith(("ldr", "vldr")) and not name.startswith("ldrd")


def _register_count(operands: str) -> int:
    """Registers in a list such as {r4, r5, lr} or {d8-d15}."""
    match = _REGISTERS.search(operands)
    count = 0
    for entry in match[1].split(",") if match else []:
        first, _, last = entry.strip().partition("-")
        count += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return count


def _following(code: Mapping[int, Instruction]) -> dict[int, int]:
    addresses = sorted(code)
    return dict(pairwise(addresses))


def _calls(instruction: Instruction, target: int) -> bool:
    words = instruction.operands.split()
    return instruction.mnemonic == "bl" and bool(words) and int(words[0], 16) == target


def _count(
    board: Board, elf: Path, sample: Sample, plugin: Path, begin: int, ends: list[int]
) -> list[Block]:
    request, response = elf.with_name("cycles.request"), elf.with_name("cycles.response")
    out = elf.with_name("cycles.blocks")
    out.unlink(missing_ok=True)
    payload = b"".join(array.tobytes() for array in sample)
    request.write_bytes(Frame(Command.RUN, payload).encode())
    command = board.emulator_command(elf.absolute(), (str(request), str(response)))
    stops = "".join(f",end={end:#x}" for end in ends)
    command += ["-plugin", f"{plugin},begin={begin:#x}{stops},out={out}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode or not out.is_file():
        raise McugenError(f"no counts of {elf}", (done.stdout + done.stderr)[-500:])
    return [Block(*map(int, line.split())) for line in out.read_text().splitlines()]
