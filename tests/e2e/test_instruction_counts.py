"""Recorded instruction counts: a slow-down is seen in the change that makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.record import BOARDS, EXAMPLES, LAYERS, compiler, count, read_record, verdict
from tests.paths import needs_emulator


@pytest.mark.slow
@pytest.mark.emulator
@needs_emulator
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", [*EXAMPLES, *LAYERS])
def test_counts_are_the_recorded_ones(name: str, board: str, tmp_path: Path) -> None:
    record = read_record()
    if compiler() != record.compiler:
        pytest.skip(f"recorded with gcc {record.compiler}; this is {compiler()}")
    problem = verdict(record.instructions[board][name], count(name, board, tmp_path))
    assert problem is None, f"{name} on {board}: {problem}"


def test_verdicts() -> None:
    assert verdict(1000, 1000) is verdict(1000, 1010) is verdict(1000, 990) is None
    assert "slower: 1,000 -> 1,011 instructions (+1.1%)" in (verdict(1000, 1011) or "")
    assert "make bench-record" in (verdict(1000, 989) or "")
