"""What is built and run to compare runtimes; building and running are stubs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mcugen import comparison, execution, verification
from mcugen.boards import list_boards, load_board
from mcugen.building import BuildDoesNotFit
from mcugen.errors import InputRejected
from mcugen.model import load
from mcugen.results import RunResult
from mcugen.runtimes.registry import RUNTIMES
from mcugen.samples import seeded
from tests.paths import SINE
from tests.unit.report import results


@dataclass(frozen=True)
class Runtime:
    name: str


@dataclass(frozen=True)
class Target:
    """As much of a target as the comparison looks at."""

    model: Any
    board: Any
    runtime: Runtime
    optimize: str | None


@dataclass
class Bench:
    """Stands for the tool chain and the emulator, and notes what they are asked."""

    misfits: tuple[str, ...] = ()
    built: list[tuple[str, str]] = None  # type: ignore[assignment]
    ran: list[tuple[str, str]] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.built, self.ran = [], []

    def make_target(self, model: Any, board: Any, *, runtime: str, optimize: str | None) -> Target:
        return Target(model, load_board(board), Runtime(runtime), optimize)

    def build(self, target: Target, progress: Any) -> Any:
        name, board = target.runtime.name, target.board.id
        self.built.append((name, board))
        if name in self.misfits:
            raise BuildDoesNotFit(replace(results.build_result(False), runtime=name))
        return replace(results.build_result(True), runtime=name)

    def open_session(self, target: Target, progress: Any, trace: bool = False) -> Target:
        self.ran.append((target.runtime.name, target.board.id))
        return target

    def run(self, session: Target, samples: list[Any], progress: Any) -> RunResult:
        assert len(samples) == 1
        return replace(results.run_result(), ticks=(1000,))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    monkeypatch.setattr(comparison, "make_target", bench.make_target)
    monkeypatch.setattr(comparison, "build", bench.build)
    monkeypatch.setattr(execution, "open_session", bench.open_session)
    monkeypatch.setattr(execution, "run", bench.run)
    monkeypatch.setattr(verification, "verify", lambda *a: results.verify_result())
    return bench


def compare(board: str | Path = "qemu_m4") -> Any:
    model = load(SINE)
    return comparison.compare(model, board, seeded(model.graph, 3, 0), 0)


def test_every_runtime_is_built_and_run(bench: Bench) -> None:
    result = compare()
    assert [each.runtime for each in result.runtimes] == list(RUNTIMES)
    assert bench.built == bench.ran == [(name, "qemu_m4") for name in RUNTIMES]
    assert all(each.instructions == 1000 and each.verified for each in result.runtimes)
    assert (result.board, result.ran_on) == ("qemu_m4", "qemu_m4")
    assert result.sources["instructions"] == "emulator (qemu_m4)"


def test_real_boards_run_in_an_emulator_of_their_core(bench: Bench) -> None:
    board = next(b for b in list_boards() if b.kind == "board" and b.core == "cortex-m7")
    result = compare(board.id)
    assert bench.built == [(name, board.id) for name in RUNTIMES]
    assert {core for _, core in bench.ran} == {"qemu_m7"}
    assert (result.board, result.ran_on) == (board.id, "qemu_m7")


def test_a_core_that_no_emulator_has(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "runner", lambda board: None)
    result = compare()
    assert bench.ran == [] and result.ran_on is None
    assert [each.instructions for each in result.runtimes] == [None, None]
    assert "instructions" not in result.sources


def test_a_runtime_that_does_not_fit_is_part_of_the_answer(bench: Bench) -> None:
    bench.misfits = ("tflm",)
    aot, tflm = compare().runtimes
    assert aot.verified is not None and tflm.verified is None
    assert tflm.build.fits is False and bench.ran == [("aot", "qemu_m4")]


def test_what_a_runtime_lacks_is_said_before_anything_is_built(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_target(model: Any, board: Any, *, runtime: str, optimize: str | None) -> Target:
        if runtime == "tflm":
            raise InputRejected("packs are missing")
        return bench.make_target(model, board, runtime=runtime, optimize=optimize)

    monkeypatch.setattr(comparison, "make_target", make_target)
    with pytest.raises(InputRejected, match="packs are missing"):
        compare()
    assert bench.built == []
