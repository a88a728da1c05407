"""What one function does to the stack and where it goes, from its Arm (Thumb) instructions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcugen.toolchain.disassembly import Instruction

_CONDITION = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_WIDTH = r"(?:\.[nw])?"
_BRANCH = re.compile(rf"^(?:b|bl|blx){_CONDITION}?{_WIDTH}$")
_LINKING = re.compile(rf"^blx?{_CONDITION}?{_WIDTH}$")
_TO_REGISTER = re.compile(rf"^(bx|blx|bxns|blxns){_CONDITION}?$")
_TARGET = re.compile(r"^([0-9a-f]+)(?: <.*>)?$")
_ENDING = re.compile(rf"^(?:b|bl|blx|bx|bxns|bxaut|udf|tbb|tbh|bkpt){_WIDTH}$")
_PUSH = re.compile(r"^(?:v?push|v?stmdb|v?stmfd|fstmdbx)")
_POP = re.compile(r"^(?:pop|ldmia|ldmfd|ldm)")
_PRE_DECREMENT = re.compile(r"\[sp, #-(\d+)\]!$")
_IMMEDIATE = re.compile(r"^#(-?\d+)$")


@dataclass(frozen=True)
class Behaviour:
    """Stack use and control flow of one function.

    `frame_bytes` is the sum of all that it takes from the stack, on any path. `targets` are the
    addresses that it calls or jumps to outside of plain returns; `calls` those of them that it
    calls. `indirect` and `dynamic` say what cannot be followed: calls through registers, and
    changes of the stack pointer by amounts that are not constants. `jump_tables` are jumps through
    memory or a register that compiled code makes for `switch`.
    """

    frame_bytes: int
    targets: tuple[int, ...]
    calls: tuple[int, ...]
    indirect: tuple[str, ...]
    dynamic: tuple[str, ...]
    jump_tables: tuple[str, ...]
    falls_through: bool


def examine(instructions: Sequence[Instruction], words: Mapping[int, int]) -> Behaviour:
    """Reads a function once, from top to bottom; `words` are literals by address."""
    code = [i for i in instructions if not i.mnemonic.startswith(".")]
    frame = _Frame(words)
    targets: dict[int, None] = {}
    calls: dict[int, None] = {}
    indirect: list[str] = []
    tables: list[str] = []
    for at, instruction in enumerate(code):
        frame.follow(instruction)
        mnemonic, operands = instruction.mnemonic, instruction.operands
        target = _TARGET.match(operands)
        if _BRANCH.match(mnemonic) and target:
            address = int(target[1], 16)
            targets[address] = None
            if _LINKING.match(mnemonic):
                calls[address] = None
        elif _TO_REGISTER.match(mnemonic):
            if mnemonic.startswith("blx") or not _is_return(operands, code[:at]):
                indirect.append(f"{mnemonic} {operands}")
        elif _writes_pc(instruction) and not _POP.match(mnemonic) and "sp" not in operands:
            tables.append(f"{mnemonic} {operands}")
    return Behaviour(
        frame_bytes=frame.size_bytes,
        targets=tuple(targets),
        calls=tuple(calls),
        indirect=tuple(indirect),
        dynamic=tuple(frame.dynamic),
        jump_tables=tuple(tables),
        falls_through=_falls_through(code),
    )


def uses_fpu(instructions: Sequence[Instruction]) -> bool:
    """Whether floating-point or Helium registers are touched: all such mnemonics start with v."""
    return any(instruction.mnemonic.startswith("v") for instruction in instructions)


def _writes_pc(instruction: Instruction) -> bool:
    moves = instruction.mnemonic.startswith(("mov", "ldr", "add"))
    return moves and instruction.operands.split(",")[0].strip() == "pc"


def _is_return(register: str, before: Sequence[Instruction]) -> bool:
    """bx lr, or bx to a register that took the return address off the stack just before.

    Thumb-1 returns so from variadic functions: pop {r3}; add sp, #16; bx r3.
    """
    if register == "lr":
        return True
    for instruction in reversed(before[-4:]):
        if _POP.match(instruction.mnemonic):
            return register in _registers(instruction.operands)
        if instruction.operands.split(",")[0].strip() == register:
            return False
    return False


def _falls_through(code: Sequence[Instruction]) -> bool:
    for instruction in reversed(code):
        if instruction.mnemonic.startswith("nop"):
            continue
        popped = _POP.match(instruction.mnemonic) and "pc" in _registers(instruction.operands)
        return not (_ENDING.match(instruction.mnemonic) or _writes_pc(instruction) or popped)
    return False


def _registers(operands: str) -> list[str]:
    """The registers in a list such as {r4, r5, lr}; ranges are written out, objdump has few."""
    inner = operands[operands.find("{") + 1 : operands.find("}")]
    names: list[str] = []
    for part in (part.strip() for part in inner.split(",")):
        first, dash, last = part.partition("-")
        if dash:
            names += [f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)]
        else:
            names.append(part)
    return names


class _Frame:
    """Adds up what is taken from the stack.

    For that it knows constants in registers (Thumb-1 makes large frames with them) up to the next
    jump, and which registers hold a copy of the stack pointer, to which an epilogue restores it.
    """

    def __init__(self, words: Mapping[int, int]) -> None:
        self.size_bytes = 0
        self.dynamic: list[str] = []
        self._words = words
        self._constants: dict[str, int] = {}
        self._copies: set[str] = set()

    def follow(self, instruction: Instruction) -> None:
        mnemonic, operands = instruction.mnemonic, instruction.operands
        parts = [part.strip() for part in operands.split(",")]
        if _PUSH.match(mnemonic) and ("push" in mnemonic or parts[0] == "sp!"):
            self.size_bytes += sum(8 if r[0] == "d" else 4 for r in _registers(operands))
        elif match := _PRE_DECREMENT.search(operands):
            self.size_bytes += int(match[1])
        elif parts[0] == "sp" and not mnemonic.startswith(("cmp", "cmn", "tst", "str")):
            self._adjust(instruction, parts)
        elif mnemonic.startswith("msr") and parts[0].lower() in ("msp", "psp"):
            self.dynamic.append(f"{mnemonic} {operands}")
        elif _POP.match(mnemonic) or mnemonic.startswith(("b", "cb")):
            self._constants.clear()
        else:
            self._remember(instruction, parts)

    def _adjust(self, instruction: Instruction, parts: list[str]) -> None:
        """An instruction whose destination is the stack pointer."""
        mnemonic = instruction.mnemonic
        arithmetic = mnemonic.startswith(("add", "sub"))
        amount = self._value(parts[-1])
        if parts[1] in self._copies and (mnemonic.startswith("mov") or arithmetic):
            return
        if arithmetic and amount is not None and (len(parts) == 2 or parts[1] == "sp"):
            self.size_bytes += max(amount if mnemonic.startswith("sub") else -amount, 0)
        else:
            self.dynamic.append(f"{mnemonic} {instruction.operands}")

    def _value(self, operand: str) -> int | None:
        match = _IMMEDIATE.match(operand)
        return int(match[1]) if match else self._constants.get(operand)

    def _remember(self, instruction: Instruction, parts: list[str]) -> None:
        name = instruction.mnemonic.partition(".")[0]
        if name in ("add", "adds") and len(parts) == 2 and parts[0] in self._copies:
            return
        value = self._computed(name, instruction, parts)
        for part in parts:
            self._constants.pop(part, None)
        if value is not None:
            self._constants[parts[0]] = ((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        if name in ("mov", "add") and "sp" in parts[1:2]:
            self._copies.add(parts[0])
        elif not name.startswith(("str", "cmp", "tst")):
            self._copies.discard(parts[0])

    def _computed(self, name: str, instruction: Instruction, parts: list[str]) -> int | None:
        if name == "ldr" and instruction.literal_address is not None:
            return self._words.get(instruction.literal_address)
        if name in ("mov", "movs", "movw") and len(parts) == 2:
            return self._value(parts[1])
        if name in ("lsl", "lsls") and len(parts) == 3:
            base, shift = self._value(parts[1]), self._value(parts[2])
            return base << (shift & 31) if base is not None and shift is not None else None
        if name in ("neg", "negs", "rsb", "rsbs") and parts[2:] in ([], ["#0"]):
            base = self._value(parts[1]) if len(parts) > 1 else None
            return -base if base is not None else None
        return None
