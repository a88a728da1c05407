"""The price of executed instructions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mcugen
from bench.cycles import Block, build_plugin, estimate, instruction_cycles, price
from mcugen.boards import load_board
from mcugen.samples import seeded
from mcugen.toolchain.disassembly import Instruction
from tests.paths import SINE, needs_emulator


def instruction(text: str, address: int = 0) -> Instruction:
    mnemonic, _, operands = text.partition(" ")
    return Instruction(address, mnemonic, operands, None)


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("ldr.w r0, [r1]", 2),
        ("ldrsb r0, [r1]", 2),
        ("vldr s0, [r1]", 2),
        ("ldrd r0, r1, [r2], #8", 3),
        ("strd r0, r1, [r2]", 3),
        ("ldmia.w r0!, {r1, r2, r3}", 4),
        ("stmia r0!, {r1}", 2),
        ("push {r4, r5, lr}", 4),
        ("pop {r4, pc}", 3),
        ("vpush {d8-d15}", 9),
        ("str r0, [r1]", 1),
        ("smlad r0, r1, r2, r3", 1),
        ("smull r0, r1, r2, r3", 1),
        ("udiv r0, r1, r2", 12),
        ("bne.n 10 <f>", 1),
    ],
)
def test_prices(text: str, cycles: int) -> None:
    assert instruction_cycles(instruction(text), after_load=False) == cycles


def test_a_load_directly_after_a_load_is_cheaper() -> None:
    texts = ["ldr r0, [r1]", "ldr r2, [r1, #4]", "add r0, r2", "ldrb r3, [r1]", "bne.n 0 <f>"]
    code = {2 * i: instruction(text, 2 * i) for i, text in enumerate(texts)}
    once = 2 + 1 + 1 + 2 + 1
    assert price([Block(0, 5, 1, 0)], code) == once
    assert price([Block(0, 5, 10, 9)], code) == 10 * once + 9 * 2
    assert price([Block(2, 1, 1, 0), Block(4, 3, 2, 0)], code) == 2 + 2 * (1 + 2 + 1)


@pytest.mark.slow
@pytest.mark.emulator
@needs_emulator
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_plugin_counts_what_the_timer_counts(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    built = mcugen.build(SINE, "qemu_m4", output=folder)
    (ticks,) = mcugen.run(SINE, "qemu_m4", output=folder).ticks
    assert built.elf is not None and ticks is not None
    sample = seeded(mcugen.load(SINE).graph, 1, 0)[0]
    found = estimate(load_board("qemu_m4"), built.elf, "sine", sample, build_plugin(tmp_path))
    # The timer also sees the call and its own two readings.
    assert 0 <= ticks - found.instructions < 20
    assert found.instructions < found.cycles < 3 * found.instructions
