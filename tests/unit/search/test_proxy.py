"""Fits of measured networks: operations, layers, and where they fail; the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.search.draw import draw
from mcugen.search.measured import (
    LAYERS,
    SAMPLES,
    MeasuredNetwork,
    read_measured,
    write_measured,
)
from mcugen.search.proxy import fit_latency, fit_line, group_figures, held_out_error
from mcugen.search.spaces import load_space
from tests.unit.search.measuring import RATES, Stub


def networks(count: int = 12) -> list[MeasuredNetwork]:
    space, stub = load_space("kws"), Stub()
    return [
        stub.measure(i, space.architecture(draw(space, np.random.default_rng(i))))
        for i in range(count)
    ]


def test_a_line() -> None:
    exact = [replace(n, taken=3.0 * n.ops + 500) for n in networks(5)]
    line = fit_line(exact)
    assert (line.slope, line.intercept) == (pytest.approx(3), pytest.approx(500, rel=1e-3))
    assert line.r2 == pytest.approx(1) and line.error < 1e-9
    assert fit_line(networks()).r2 < 1
    with pytest.raises(InputRejected, match="line cannot be fitted to 1"):
        fit_line(exact[:1])


def test_rates_are_found_from_layers() -> None:
    found = networks(6)
    model = fit_latency(found, "qemu_m4", "aot", "instructions", "emulator")
    assert model.samples == 6 and model.r2 > 0.999999
    assert model.rates["pointwise"].macs == pytest.approx(RATES["pointwise"].macs, rel=1e-3)
    assert model.rates["depthwise"].layers == pytest.approx(500, rel=0.05)
    assert (held_out_error(found, model) or 1.0) < 1e-3
    assert held_out_error(found[:1], model) is None


def test_residuals_say_where_operations_fail() -> None:
    found = networks()
    line = fit_line(found)
    model = fit_latency(found, "qemu_m4", "aot", "instructions", "emulator")
    figures = {g.group: g for g in group_figures(found, line, model)}
    assert figures["depthwise"].residual > 0 > figures["pointwise"].residual
    assert (figures["depthwise"].per_op or 0) > (figures["pointwise"].per_op or 9)
    assert sum(g.taken_share for g in figures.values()) == pytest.approx(1)
    assert sum(g.ops_share for g in figures.values()) == pytest.approx(1)
    intercepts = line.intercept * len(found) / sum(n.taken for n in found)
    assert sum(g.residual for g in figures.values()) == pytest.approx(intercepts)
    assert figures["average_pool"].per_op is None and figures["other"].error is None


def test_files_come_back(tmp_path: Path) -> None:
    found = networks(3)
    assert read_measured(tmp_path, "instructions") == ()
    write_measured(tmp_path, found, "instructions")
    assert read_measured(tmp_path, "instructions") == tuple(found)
    text = (tmp_path / SAMPLES).read_text().splitlines()
    assert text[0] == "network,ops,file_ops,params,instructions" and len(text) == 4


@pytest.mark.parametrize("name", [SAMPLES, LAYERS])
def test_damaged_files_are_refused(tmp_path: Path, name: str) -> None:
    write_measured(tmp_path, networks(2), "instructions")
    lines = (tmp_path / name).read_text().splitlines()
    for damaged in ("\n".join([*lines[:2], "x,y"]), "\0", "network\n0\n"):
        (tmp_path / name).write_text(damaged)
        with pytest.raises(InputRejected, match="damaged"):
            read_measured(tmp_path, "instructions")
