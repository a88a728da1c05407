"""What training shows, in the terminal and on its page."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from mcugen.report.curves import draw_curves
from mcugen.report.text_train import train_view
from mcugen.report.train_page import train_page
from mcugen.results import as_json
from mcugen.train.report import sha256_of, write_report
from tests.unit.report.results import HOSTILE
from tests.unit.report.test_html import parsed
from tests.unit.train.train_results import train_result


@pytest.mark.parametrize("name", ["ds_cnn_s", HOSTILE, '" onmouseover="x', "{{ 7*7 }}"])
def test_the_page_is_well_formed_and_loads_nothing(name: str) -> None:
    page = train_page(train_result(name))
    checker = parsed(page)
    assert not checker.tags & {"script", "link", "img", "iframe", "object", "a"}
    assert not checker.attributes & {"src", "href", "onmouseover", "onload"}
    assert "http://" not in page and "https://" not in page and "url(" not in page
    assert "<script" not in page and "\x1b" not in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(svg)


def test_the_page_has_the_figures_and_says_what_is_synthetic() -> None:
    page = train_page(train_result())
    for words in (
        "92.00 %",
        "82.10 %",
        "74.80 %",
        "-7.30",
        "2,656,768",
        "dead: 3 of 64",
        "99.9210 %",
    ):
        assert words in page
    assert page.count("<svg") == 2
    assert "Synthetic data" in page
    assert "Synthetic data" not in train_page(train_result(synthetic=False))


def test_the_page_of_an_autoencoder_without_history() -> None:
    page = train_page(
        train_result(
            confusion=None, history=(), argmax_agreement=None, accuracy_qat=None, teacher=None
        )
    )
    parsed(page)
    assert "<svg" not in page and "Confusion" not in page and "(QAT)" not in page


def test_curves_stay_in_their_frame() -> None:
    values = [3.0, 1.25, None, 0.7, float("nan"), 0.31]
    chart = draw_curves({"loss": values, "nothing": [None] * 6}, ["float"] * 4 + ["qat"] * 2)
    (line,) = chart.lines
    assert line.path.count("M") == 3 and line.path.count("L") == 1
    for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.path):
        assert chart.left <= float(x) <= chart.right and chart.top <= float(y) <= chart.bottom
    assert [tick.label for tick in chart.borders] == ["float", "qat"]
    assert all(chart.top - 0.1 <= tick.position <= chart.bottom + 0.1 for tick in chart.y_ticks)


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [-2.0, 5e-9], [1e9, 2e9]])
def test_curves_of_any_size(values: list[float]) -> None:
    chart = draw_curves({"loss": values}, ["float"] * len(values))
    assert 2 <= len(chart.y_ticks) <= 8


@pytest.mark.parametrize("name", ["ds_cnn_s", HOSTILE])
def test_the_terminal_shows_it(name: str) -> None:
    out = io.StringIO()
    console = RichConsole(file=out, width=120)
    view = train_view(train_result(name))
    console.print(view.verdict)
    for part in view.body:
        console.print(part)
    text = out.getvalue()
    assert "92.00 % in TFLM, on synthetic data" in text
    assert "-7.30" in text and "24,200 B" in text and "dead: 3 of 64 channels" in text
    assert "\x1b]" not in text and "\u202e" not in text


def test_json_ends_with_what_a_search_reads() -> None:
    names = list(as_json(train_result()))
    assert names[-7:] == [
        *("model", "accuracy_float", "accuracy_ptq", "accuracy_qat", "accuracy_tflm"),
        *("macs", "params"),
    ]


def test_the_report_holds_the_record_that_the_model_names(tmp_path: Path) -> None:
    record = {"options": {"seed": 1}, "history": [], "accuracies": {"float": float("nan")}}
    write_report(train_result(folder=tmp_path, report_sha256=sha256_of(record)), record)
    found = json.loads((tmp_path / "report.json").read_text())
    assert sha256_of(found["record"]) == found["report_sha256"]
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
