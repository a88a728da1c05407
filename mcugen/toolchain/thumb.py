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
_MOVE = re.compile(rf"^(?:mov|ldr|add){_WIDTH}$")
_INDEXED = re.compile(r"\[\w+, \w+, lsl #2\]$")
_IMMEDIATE = re.compile(r"^#(-?\d+)$")


@dataclass(frozen=True)
class Behaviour:
    """Stack use and control flow of one function.

    `frame_bytes` is the sum of all that it takes from the stack, on any path. `targets` are the
    functions, or addresses in them, that it calls or jumps to; those in its own body are not among
    them unless it is `recursive`: it calls its own beginning, or has a local subroutine (assembly
    has them) that calls a local subroutine. `indirect`, `computed` and `dynamic` say what cannot be
    followed: calls through registers, values written to the program counter, and changes of the
    stack pointer by amounts that are not constants. `falls_through` where the function runs on into
    the one that follows it.
    """

    frame_bytes: int
    targets: tuple[int, ...]
    recursive: bool
    indirect: tuple[str, ...]
    computed: tuple[str, ...]
    dynamic: tuple[str, ...]
    falls_through: bool


def examine(instructions: Sequence[Instruction], words: Mapping[int, int]) -> Behaviour:
    """Reads a function once, from top to bottom; `words` are literals by address.

    A jump to what `ldr` reads from a table, at a register's index, is taken for a `switch`: so
    compilers write it, and they call through blx or bx only.
    """
    code = [i for i in instructions if not i.mnemonic.startswith(".")]
    own = {instruction.address: at for at, instruction in enumerate(code)}
    frame = _Frame(words)
    targets: dict[int, None] = {}
    indirect: list[str] = []
    computed: list[str] = []
    for at, instruction in enumerate(code):
        frame.follow(instruction)
        mnemonic, operands = instruction.mnemonic, instruction.operands
        target = _target(instruction)
        if target is not None:
            if target not in own:
                targets[target] = None
        elif _TO_REGISTER.match(mnemonic):
            if mnemonic.startswith("blx") or not _is_return(operands, code[:at]):
                indirect.append(f"{mnemonic} {operands}")
        elif _writes_pc(instruction) and not _is_table_jump(instruction, code[:at]):
            computed.append(f"{mnemonic} {operands}")
    return Behaviour(
        frame_bytes=frame.size_bytes,
        targets=tuple(targets),
        recursive=_is_recursive(code, own),
        indirect=tuple(indirect),
        computed=tuple(computed),
        dynamic=tuple(frame.dynamic),
        falls_through=_falls_through(code),
    )


def uses_fpu(instructions: Sequence[Instruction]) -> bool:
    """Whether floating-point or Helium registers are touched: all such mnemonics start with v."""
    return any(instruction.mnemonic.startswith("v") for instruction in instructions)


def _target(instruction: Instruction) -> int | None:
    """Where a branch or call goes whose target is part of the instruction."""
    target = _TARGET.match(instruction.operands)
    return int(target[1], 16) if target and _BRANCH.match(instruction.mnemonic) else None


def _writes_pc(instruction: Instruction) -> bool:
    """A move or load into the program counter, other than a return (mov pc, lr; ldr pc, [sp])."""
    destination, _, value = instruction.operands.partition(",")
    moves = instruction.mnemonic.startswith(("mov", "ldr", "add"))
    return moves and destination.strip() == "pc" and value.strip() != "lr" and "[sp" not in value


def _is_table_jump(instruction: Instruction, before: Sequence[Instruction]) -> bool:
    if instruction.mnemonic.startswith("ldr"):
        return bool(_INDEXED.search(instruction.operands))
    register = instruction.operands.partition(",")[2].strip()
    loads = bool(before) and before[-1].mnemonic.startswith("ldr")
    return loads and re.match(rf"{register}, \[r\d+, r\d+\]$", before[-1].operands) is not None


def _is_recursive(code: Sequence[Instruction], own: Mapping[int, int]) -> bool:
    calls: dict[int, int] = {}
    jumps: dict[int, int] = {}
    for at, instruction in enumerate(code):
        target = _target(instruction)
        if target is not None and target in own:
            linking = _LINKING.match(instruction.mnemonic)
            (calls if linking else jumps)[at] = own[target]
    waiting = list(calls.values())
    seen: set[int] = set()
    while waiting:
        at = waiting.pop()
        if at == 0 or at in calls:
            return True
        if at in seen or at >= len(code):
            continue
        seen.add(at)
        if at in jumps:
            waiting.append(jumps[at])
        if _LINKING.match(code[at].mnemonic) or not _ends(code[at]):
            waiting.append(at + 1)
    return False


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


def _ends(instruction: Instruction) -> bool:
    """Whether what follows in memory does not follow in time. A last call does not return."""
    popped = _POP.match(instruction.mnemonic) and "pc" in _registers(instruction.operands)
    to_pc = _MOVE.match(instruction.mnemonic) and instruction.operands.startswith("pc,")
    return bool(_ENDING.match(instruction.mnemonic) or to_pc or popped)


def _falls_through(code: Sequence[Instruction]) -> bool:
    rest = [instruction for instruction in code if not instruction.mnemonic.startswith("nop")]
    return bool(rest) and not _ends(rest[-1])


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
