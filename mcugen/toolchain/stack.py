"""A bound on the stack that a program uses, from its code: frames along the deepest call chain.

A frame is the larger of what gcc's -fstack-usage wrote (.su) and of what the disassembly shows: the
former leaves out the arguments that a variadic function saves, the latter may count two paths that
exclude each other. A jump to another function counts as a call, so the bound may exceed the truth
by the frame that a tail call gives back. Interrupt handlers are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from mcugen.errors import McugenError
from mcugen.toolchain.disassembly import Function, Program, read_program
from mcugen.toolchain.elf import read_machine
from mcugen.toolchain.thumb import Behaviour, examine, uses_fpu

_BASIC_FRAME_BYTES = 8 * 4
_FPU_FRAME_BYTES = 26 * 4
_SU_LINE = re.compile(r"^(.*?):\d+:\d+:(.*)\t(\d+)\t([a-z,]+)$")
_CLONE_NUMBER = re.compile(r"\.\d+$")
_VENEER = re.compile(r"^__(.+?)(?:_veneer|_from_thumb|_from_arm)$")


@dataclass(frozen=True)
class StackBound:
    """Stack bytes that the root function and all that it calls need at most.

    `bytes` is None where there is no bound; `unresolved` then says why, one reason an entry:
    recursion, a frame of variable size, a call that cannot be followed. `path` is the deepest
    chain found, from the root on, with each function's frame; without a bound it is the deepest
    among what could be followed. `exception_frame_bytes` is what the processor stacks for one
    interrupt, not part of `bytes`: 8 words, or 26 where the program touches the FPU or Helium.
    """

    bytes: int | None
    path: tuple[tuple[str, int], ...]
    unresolved: tuple[str, ...]
    exception_frame_bytes: int

    @property
    def bytes_with_exception(self) -> int | None:
        """The bound with one exception frame on top, which the processor aligns to 8 bytes.

        What the handler itself uses comes on top of that.
        """
        if self.bytes is None:
            return None
        return -(-self.bytes // 8) * 8 + self.exception_frame_bytes


@dataclass(frozen=True)
class _Usage:
    """One line of a .su file."""

    source: str
    frame_bytes: int
    unbounded: bool


@dataclass(frozen=True)
class _Node:
    """A function in the call graph: `callees` are addresses, `unresolved` are full sentences."""

    name: str
    frame_bytes: int
    callees: tuple[int, ...]
    unresolved: tuple[str, ...]


def stack_bound(
    elf: Path, su_dir: Path, root: str = "main", objdump: str = "arm-none-eabi-objdump"
) -> StackBound:
    """Bounds the stack of `root` in the Arm program `elf`.

    `su_dir` is searched for .su files, with its sub-directories. Programs for another processor
    (the host) have no bound, for that reason. Raises McugenError if the program or `su_dir` cannot
    be read, or if `root` is not exactly one function of it.
    """
    machine = read_machine(elf)
    if machine != "EM_ARM":
        return StackBound(None, (), (f"stack bounds are for Arm programs, not {machine}",), 0)
    usage = _read_usage(su_dir)
    program = read_program(elf, objdump)
    start = _root(program, root, elf)
    nodes = _reachable(program, usage, start)
    callees, cycles = _without_cycles(nodes)
    path = _deepest(nodes, callees, start)
    unresolved = sorted({*cycles, *(text for node in nodes.values() for text in node.unresolved)})
    fpu = any(uses_fpu(function.instructions) for function in program.functions.values())
    return StackBound(
        bytes=None if unresolved else sum(frame for _, frame in path),
        path=path,
        unresolved=tuple(unresolved),
        exception_frame_bytes=_FPU_FRAME_BYTES if fpu else _BASIC_FRAME_BYTES,
    )


def _read_usage(su_dir: Path) -> dict[str, list[_Usage]]:
    """What the .su files say, by function. Lines that are not understood are passed over."""
    if not su_dir.is_dir():
        raise McugenError(
            f"{su_dir.name} is not a directory with .su files", "Compile with -fstack-usage."
        )
    usage: dict[str, list[_Usage]] = {}
    for path in sorted(su_dir.rglob("*.su")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := _SU_LINE.match(line):
                source = re.split(r"[\\/]", match[1])[-1]
                unbounded = match[4] == "dynamic"
                usage.setdefault(match[2], []).append(_Usage(source, int(match[3]), unbounded))
    return usage


def _root(program: Program, root: str, elf: Path) -> int:
    found = [start for start, function in program.functions.items() if root in function.names]
    if len(found) != 1:
        problem = "no function" if not found else f"{len(found)} functions"
        raise McugenError(
            f"{elf.name} has {problem} named {root}", "Name the function to start from."
        )
    return found[0]


def _reachable(program: Program, usage: dict[str, list[_Usage]], start: int) -> dict[int, _Node]:
    nodes: dict[int, _Node] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address not in nodes:
            nodes[address] = _node(program, usage, program.functions[address])
            waiting += nodes[address].callees
    return dict(sorted(nodes.items()))


def _node(program: Program, usage: dict[str, list[_Usage]], function: Function) -> _Node:
    behaviour = examine(function.instructions, program.words)
    written = _usage_of(function, usage)
    callees, lost = _callees(program, function, behaviour)
    if target := _veneer_target(program, function):
        return _Node(function.name, behaviour.frame_bytes, (target.address,), ())
    lost += [f"call through a register: {text}" for text in behaviour.indirect]
    if written:
        lost += ["frame of variable size" for entry in written if entry.unbounded]
    else:
        # Compiled code jumps so in switch statements only; other code may go anywhere.
        lost += [f"jump that cannot be followed: {text}" for text in behaviour.computed]
        lost += [f"stack pointer changed by: {text}" for text in behaviour.dynamic]
    return _Node(
        name=function.name,
        frame_bytes=max([behaviour.frame_bytes, *(entry.frame_bytes for entry in written)]),
        callees=callees,
        unresolved=tuple(f"{function.name}: {text}" for text in lost),
    )


def _usage_of(function: Function, usage: dict[str, list[_Usage]]) -> list[_Usage]:
    """The .su entries that may be about `function`; they name clones without their numbers."""
    names = {alias for name in function.names for alias in (name, _CLONE_NUMBER.sub("", name))}
    entries = [entry for name in sorted(names) for entry in usage.get(name, [])]
    if function.source is None:
        return entries
    source = re.split(r"[\\/]", function.source)[-1]
    return [entry for entry in entries if entry.source == source]


def _callees(
    program: Program, function: Function, behaviour: Behaviour
) -> tuple[tuple[int, ...], list[str]]:
    callees: dict[int, None] = {}
    lost: list[str] = []
    for target in behaviour.targets:
        callee = program.function_at(target)
        if callee is None:
            lost.append(f"call of {target:#x}, where no function is")
        elif callee is not function:
            callees[callee.address] = None
    if behaviour.recursive:
        callees[function.address] = None
    following = program.next_start(function)
    if behaviour.falls_through and following is not None:
        owner = program.owner[following]
        if owner != function.address:
            callees[owner] = None
    return tuple(callees), lost


def _veneer_target(program: Program, function: Function) -> Function | None:
    """Where a long jump goes that the linker made; it says so in the name only."""
    match = _VENEER.match(function.name)
    found = [f for f in program.functions.values() if match and match[1] in f.names]
    return found[0] if len(found) == 1 else None


def _without_cycles(nodes: dict[int, _Node]) -> tuple[dict[int, list[int]], list[str]]:
    """The call graph with a call taken out of each recursion, and the recursions by name."""
    callees = {address: list(node.callees) for address, node in nodes.items()}
    cycles: list[str] = []
    while True:
        try:
            TopologicalSorter(callees).prepare()
        except CycleError as error:
            # Each entry is called by the next one, and the last is the first again.
            loop: list[int] = error.args[1][::-1]
            callees[loop[0]].remove(loop[1])
            cycles.append("recursion: " + _names(nodes, loop))
        else:
            return callees, cycles


def _names(nodes: dict[int, _Node], loop: Iterable[int]) -> str:
    return " -> ".join(nodes[address].name for address in loop)


def _deepest(
    nodes: dict[int, _Node], callees: dict[int, list[int]], start: int
) -> tuple[tuple[str, int], ...]:
    depth: dict[int, int] = {}
    below: dict[int, int | None] = {}
    for address in TopologicalSorter(callees).static_order():
        deepest = max(callees[address], key=lambda callee: depth[callee], default=None)
        below[address] = deepest
        depth[address] = nodes[address].frame_bytes + (0 if deepest is None else depth[deepest])
    path: list[tuple[str, int]] = []
    at: int | None = start
    while at is not None:
        path.append((nodes[at].name, nodes[at].frame_bytes))
        at = below[at]
    return tuple(path)
