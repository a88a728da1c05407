"""The arena of a TFLM program: measured, recalled, given or estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.isa import Isa
from mcugen.model import Model, load
from mcugen.runtimes.runtime import ArenaTrial, Program
from mcugen.runtimes.tflm.arena import estimate
from mcugen.runtimes.tflm.int4 import Int4
from mcugen.runtimes.tflm.program import TflmLayer, TflmProgram, estimated
from mcugen.runtimes.tflm.resolver import registrations
from mcugen.tflite.verifier import verify
from tests.paths import SINE


def program(**changes: Any) -> TflmProgram:
    model: Model = load(SINE)
    file = verify(model.data)
    arena = estimate(file, Isa.DSP)
    made = TflmProgram(
        graph=model.graph,
        layers=tuple(TflmLayer(x, x.operator.name) for x in model.graph),
        layer_of=tuple(range(len(model.graph.operators))),
        int4=Int4(model.data),
        registrations=registrations(file),
        variables=0,
        libraries=(),
        int4_kernels="mcugen",
        estimate=arena,
        arena=estimated(arena, changes.get("given_arena_bytes")),
    )
    return replace(made, **changes)


@dataclass
class Core:
    """Needs `least` bytes, of which it reports `used` as used."""

    least: int
    used: int
    place: str = "qemu_m4"
    tried: list[int] = field(default_factory=list)

    def try_arenas(self, program: Program, sizes_bytes: Sequence[int]) -> list[ArenaTrial]:
        self.tried += sizes_bytes
        assert all(size <= program.arena.size_bytes for size in sizes_bytes)
        return [
            ArenaTrial(size >= self.least, 32, self.used - 32, max(self.least - size, 0))
            for size in sizes_bytes
        ]


def test_the_arena_is_what_is_used_and_no_less() -> None:
    least = program().estimate.arena_bytes
    core = Core(least, least - 4)
    settled = program().settled(core)
    assert settled.arena.size_bytes == least
    assert core.tried[-2:] == [least, least - 16]
    assert settled.arena.source == "emulator (qemu_m4)"
    assert (settled.arena.head_bytes, settled.arena.tail_bytes) == (32, least - 36)
    assert settled.settled(None) is settled


@pytest.mark.parametrize("more", [16, 160, -64])
def test_start_up_may_need_another_size_than_it_reports(more: int) -> None:
    used = program().estimate.arena_bytes
    settled = program().settled(Core(used + more, used))
    assert settled.arena.size_bytes == used + more


def test_a_first_arena_that_is_too_small_grows() -> None:
    capacity = program().estimate.arena_bytes + program().estimate.margin_bytes
    least = (3 * capacity) // 16 * 16
    assert program().settled(Core(least, least)).arena.size_bytes == least
    with pytest.raises(McugenError, match="does not start"):
        program().settled(Core(1 << 30, 1 << 30))


def test_an_estimate_where_nothing_can_run_it() -> None:
    settled = program().settled(None)
    expected = program().estimate
    assert settled.arena.size_bytes == expected.arena_bytes + expected.margin_bytes
    assert settled.arena.source == f"estimate, with a margin of {expected.margin_bytes} bytes"


def test_a_given_arena() -> None:
    least = program().estimate.arena_bytes
    core = Core(least, least)
    large = program(given_arena_bytes=least + 160).settled(core)
    assert large.arena.size_bytes == least + 160
    assert str(least) in large.arena.source
    for given in (least - 16, 16):
        with pytest.raises(InputRejected, match=f"short by {least - given:,} bytes"):
            program(given_arena_bytes=given).settled(core)
    assert program(given_arena_bytes=least).settled(None).arena.size_bytes == least


def test_what_a_build_found_is_recalled() -> None:
    settled = program().settled(Core(1024, 1024))
    facts = dict(settled.facts)
    assert program().recalled(facts).arena == settled.arena
    assert program().facts["arena"] is None
    spoilt: list[dict[str, object]] = [
        {"libraries": ["other"]},
        {"int4_kernels": "cmsis-nn"},
        {"given_arena_bytes": 4096},
        {"arena": None},
        {"arena": {"size_bytes": "1024"}},
        {"arena": {"size_bytes": -1, "head_bytes": 0, "tail_bytes": 0, "source": ""}},
    ]
    for change in spoilt:
        assert not program().recalled(facts | change).is_settled


def test_the_peak_names_tensors() -> None:
    peak = program().peak
    names = {t.name for t in program().graph.tensors}
    assert peak.live and {t.name for t in peak.live} <= names
