"""Where an arena is measured, and what is asked of the firmware."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mcugen import measuring
from mcugen.boards import load_board
from mcugen.errors import McugenError
from mcugen.measuring import emulated_twin, settle
from mcugen.model import load
from mcugen.target import make_target
from tests.paths import SINE


@pytest.mark.parametrize(
    ("board", "twin"),
    [
        ("disco_f746ng", "qemu_m7"),
        ("nano33ble", "qemu_m4"),
        ("nucleo_u575zi_q", "qemu_m33"),
        ("qemu_stm32f405", "qemu_m4"),
        ("qemu_m55", "qemu_m55"),
        ("pico", None),
        ("host", None),
    ],
)
def test_the_emulator_has_the_same_core(board: str, twin: str | None) -> None:
    found = emulated_twin(load_board(board))
    assert (found.id if found else None) == twin


def test_nothing_is_measured_for_a_planned_arena(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "run_pio", None)
    target = make_target(load(SINE), "qemu_m4", tmp_path / "p")
    assert settle(target) is target


def test_an_answer_of_another_size() -> None:
    trial = measuring._trial(struct.pack("<4I", 1, 2, 3, 4))
    assert (trial.runs, trial.head_bytes, trial.tail_bytes, trial.missing_bytes) == (True, 2, 3, 4)
    with pytest.raises(McugenError, match="another size"):
        measuring._trial(b"123")
