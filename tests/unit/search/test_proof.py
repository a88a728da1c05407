"""Proofs: networks that are built, and made smaller where they miss a budget."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcugen.architecture import read_architecture
from mcugen.boards import load_board
from mcugen.errors import McugenError
from mcugen.isa import Isa
from mcugen.search import proof
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import changes_between
from mcugen.search.proof import ATTEMPTS, Proof, prove, why_not_compiled
from mcugen.search.spaces import load_space

MODEL = CostModel(load_space("digits"), Isa.DSP)
WIDEST = tuple(len(d.choices) - 1 for d in MODEL.space.decisions)
BOARD = load_board("qemu_m4")


def street(monkeypatch: pytest.MonkeyPatch, **errors: float) -> None:
    """A deployment street that says what the cost model does, but for these errors."""

    def built(architecture: Any, selection: Any, costs: Any, *rest: Any) -> Proof:
        found = {
            "ops": costs.ops,
            "params": costs.params,
            "arena_bytes": costs.memory_bytes,
            "flash_bytes": costs.flash_bytes,
        }
        found = {name: int(value + errors.get(name, 0)) for name, value in found.items()}
        path = Path("file")
        return Proof(selection, architecture, **found, within_budgets=False, arch=path, model=path,
                     attempts=1, changes=(), notes=(), sources={})  # fmt: skip

    monkeypatch.setattr(proof, "_built", built)


def test_a_network_that_keeps_its_budgets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    street(monkeypatch)
    costs = MODEL.of_selection(WIDEST)
    found = prove(MODEL, WIDEST, BOARD, Budgets(sram_bytes=costs.memory_bytes), tmp_path)
    assert found.within_budgets and found.attempts == 1
    assert (found.selection, found.changes, found.notes) == (WIDEST, (), ())


def test_a_model_that_is_wrong_is_corrected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    street(monkeypatch, flash_bytes=1500)
    budgets = Budgets(flash_bytes=MODEL.of_selection(WIDEST).flash_bytes + 100)
    found = prove(MODEL, WIDEST, BOARD, budgets, tmp_path)
    assert found.within_budgets and found.attempts == 2
    assert found.flash_bytes <= (budgets.flash_bytes or 0)
    assert found.changes == changes_between(MODEL.space, WIDEST, found.selection) != ()
    assert "1,400 bytes of flash more than the budget" in found.notes[0]


def test_a_budget_that_no_build_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    costs = MODEL.of_selection(WIDEST)

    def built(architecture: Any, selection: Any, *rest: Any) -> Proof:
        path = Path("file")
        return Proof(selection, architecture, 0, 0, 10**9, 0, False, path, path, 1, (), (), {})

    monkeypatch.setattr(proof, "_built", built)
    with pytest.raises(McugenError, match=r"no network .* kept the budgets: .* took 99\d,\d\d\d,"):
        prove(MODEL, WIDEST, BOARD, Budgets(sram_bytes=costs.memory_bytes), tmp_path)


def test_attempts_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each network that is built is a little too large."""
    budgets, built = Budgets(sram_bytes=MODEL.of_selection(WIDEST).memory_bytes), []

    def too_large(architecture: Any, selection: Any, *rest: Any) -> Proof:
        built.append(selection)
        size, path = int(budgets.sram_bytes or 0) + 1, Path("file")
        return Proof(selection, architecture, 0, 0, size, 0, False, path, path, 1, (), (), {})

    monkeypatch.setattr(proof, "_built", too_large)
    with pytest.raises(McugenError, match="no network that was built kept the budgets"):
        prove(MODEL, WIDEST, BOARD, budgets, tmp_path)
    assert 1 < len(built) <= ATTEMPTS


def test_boards_of_vendors_are_not_compiled() -> None:
    assert why_not_compiled(BOARD) is None
    assert "estimate" in (why_not_compiled(load_board("pico")) or "")


@pytest.mark.train
@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler")
def test_the_street_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    selection = (3, 5, 0, 5, 1, 5)
    costs = MODEL.of_selection(selection)
    budgets = Budgets(costs.ops, 1.05 * costs.flash_bytes, costs.memory_bytes)
    found = prove(MODEL, selection, BOARD, budgets, tmp_path / "proof")
    assert found.selection == selection and found.within_budgets
    assert (found.ops, found.params, found.arena_bytes) == (
        costs.ops,
        costs.params,
        costs.memory_bytes,
    )
    assert abs(found.flash_bytes - costs.flash_bytes) < 500
    assert read_architecture(found.arch) == found.architecture
    assert (tmp_path / "proof" / "firmware" / "platformio.ini").exists()
    on_vendors = prove(MODEL, selection, load_board("pico"), replace(budgets), tmp_path / "pico")
    assert "estimate" in on_vendors.sources["flash_bytes"] and on_vendors.notes
