"""The pages of the benchmark, from figures made by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.baseline import HEADLINE, geometric_mean, read_baseline
from bench.cycles import Estimate
from bench.layer_page import layer_page
from bench.layers import single_layer, write_layer
from bench.markdown import cell, table
from bench.measure import CLASSES, LEVELS, M0_CODE, Configuration, Figures, symbol_class
from bench.page import M3, M4, M55, Results, page, ratios
from bench.plot import plot
from mcugen.model import load
from mcugen.results import LayerProfile
from mcugen.toolchain.elf import Symbol

BASELINE = read_baseline()
LAYER = "conv_s8 25x5x64->64 k1x1 s1"


def figures(model: str, instructions: int) -> Figures:
    layers = (LayerProfile(0, "out", "CONV_2D", "conv_s8", 1000, instructions, None),)
    by_class = dict.fromkeys(CLASSES, 1000)
    return Figures(
        model, 2000, 1000, 6000, by_class, 512, 512, 1160, instructions, layers,
        Estimate(instructions, 2 * instructions),
    )  # fmt: skip


def half_of_tflm() -> Results:
    """Half of TFLM's instructions everywhere."""
    models = {}
    for name in (*HEADLINE, "own_model"):
        for board, core in ((M4, "m4"), (M55, "m55"), (M3, "m3"), (M0_CODE, "m0")):
            count = (BASELINE.instructions(name, core) or 2000) // 2
            for level in LEVELS if board in (M4, M55) else LEVELS[:1]:
                models[name, Configuration(board, level)] = figures(name, count)
    layer = {(LAYER, Configuration(M4, LEVELS[0])): figures(LAYER, 500_000)}
    return Results(models, layer)


def test_the_page_has_means_and_all_sections() -> None:
    text = page(half_of_tflm(), BASELINE)
    assert "| instructions, Cortex-M4, mean | at most 0.50 | 0.50 |" in text
    assert "| code bytes, Cortex-M4, mean | at most 16,384 | 5,000 |" in text
    for title in ("Cortex-M4", "Cortex-M55", "Cycles (estimate)", "Flash", "do not say"):
        assert f"# {title}" in text or title in text
    assert "own_model" in text and "**own_model**" not in text
    assert "nan" not in text.lower().replace("nano", "") and "None" not in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| **kws_ref")}
    assert all(width > 5 for width in widths)


def test_layers_are_compared_where_the_sequence_is_the_file_s() -> None:
    text = layer_page(half_of_tflm(), BASELINE)
    assert "## kws_ref_model" in text
    assert "| 0 | CONV_2D | 1,000 | conv_s8 | 3,922,063 | 3922.06 |  |" in text


def test_the_plot_is_an_image() -> None:
    found = ratios(half_of_tflm(), BASELINE, M4, "m4")
    assert set(found) == set(HEADLINE) and geometric_mean(found.values()) == pytest.approx(0.5)
    root = ET.fromstring(plot({"M4": found, "<M55>": {"a & b": 1.2}}))
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(HEADLINE) + 1 and "a & b, <M55>: 1.20" in titles


def test_cells_and_tables() -> None:
    assert [cell(v) for v in (1234, 0.456, None, float("nan"), "x")] == [
        "1,234",
        "0.46",
        "",
        "",
        "x",
    ]
    assert table(["a", "b"], [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("kws_constants.c", "constants"),
        ("kws.c", "calls and parameters"),
        ("kws_conv_s8.c", "kernels"),
        ("main.c", "start-up and link"),
        ("ticks_cmsdk_timer.c", "start-up and link"),
        ("lib_a-memcpy.o", "C library"),
        (None, "C library"),
    ],
)
def test_symbols_by_class(source: str | None, expected: str) -> None:
    assert symbol_class(Symbol("f", 0, 4, ".text", True, source), "kws") == expected


@pytest.mark.parametrize("name", list(BASELINE.kernels))
def test_layers_by_name(name: str, tmp_path: Path) -> None:
    model = load(write_layer(name, tmp_path))
    assert model.graph.macs == BASELINE.kernels[name]["macs"]


def test_a_name_that_is_no_layer() -> None:
    with pytest.raises(ValueError, match="names no layer"):
        single_layer("conv_f32 1x1")
