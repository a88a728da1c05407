"""The page of inspect: complete in itself, and safe with any name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.report.html import compare_page, inspect_page, write_page
from mcugen.report.memory_plan import PLOT_HEIGHT, TOP, draw_memory_plan, human_bytes
from tests.unit.report.results import HOSTILE, compare_result, inspect_result

VOID = {"meta", "br"}


class Checker(HTMLParser):
    """Collects tags and attributes, and checks that tags nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


@pytest.mark.parametrize("name", ["kws", HOSTILE, "", '" onmouseover="x', "{{ 7*7 }}"])
def test_the_pages_are_well_formed_and_load_nothing(name: str) -> None:
    for page in (
        inspect_page(inspect_result(name)),
        compare_page(compare_result(name)),
        compare_page(compare_result(name, fits=False)),
        compare_page(compare_result(name, ran=False)),
    ):
        checker = parsed(page)
        assert not checker.tags & {"script", "link", "img", "iframe", "object", "a"}
        assert not checker.attributes & {"src", "href", "onmouseover", "onload"}
        assert "http://" not in page and "https://" not in page and "url(" not in page


def test_hostile_names_are_text() -> None:
    for page in (inspect_page(inspect_result(HOSTILE)), compare_page(compare_result(HOSTILE))):
        assert "<script" not in page and "\x1b" not in page and "\u202e" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_drawing_is_xml() -> None:
    page = inspect_page(inspect_result(HOSTILE))
    svg = re.search(r"<svg.*</svg>", page, re.DOTALL)
    assert svg is not None
    root = ET.fromstring(svg[0])
    assert len(root.findall("g")) == 14 - 1  # the alias of RESHAPE shares a rectangle
    assert all(g.find("title") is not None for g in root.findall("g"))


@pytest.mark.parametrize("blocks", [1, 4, 60])
def test_rectangles_stay_in_the_plot_and_apart(blocks: int) -> None:
    plan = draw_memory_plan(inspect_result(blocks=blocks))
    big = [r for r in plan.rectangles if r.height > 2]
    for r in big:
        assert plan.left <= r.x and r.x + r.width <= plan.right + 0.01
        assert r.y >= TOP - 0.01 and r.y + r.height <= TOP + PLOT_HEIGHT + 0.01
    for i, a in enumerate(big):
        for b in big[:i]:
            beside = a.x + a.width <= b.x + 0.01 or b.x + b.width <= a.x + 0.01
            above = a.y + a.height <= b.y + 0.01 or b.y + b.height <= a.y + 0.01
            assert beside or above


def test_every_section_has_its_figures() -> None:
    page = inspect_page(inspect_result())
    for words in ("2,712,000", "Memory plan", "disco_f746ng", "64 scales", "DEPTHWISE_CONV_2D"):
        assert words in page
    assert "<h2>Boards</h2>" in page
    assert "<h2>Boards</h2>" not in inspect_page(inspect_result(boards=False))


def test_bytes_in_words() -> None:
    assert [human_bytes(n) for n in (0, 1023, 1024, 1536, 1 << 20)] == [
        "0 B",
        "1,023 B",
        "1 KiB",
        "1.5 KiB",
        "1 MiB",
    ]


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="cannot write"):
        write_page("<p>", tmp_path / "no" / "page.html")


def test_the_comparison_has_both_figures_and_their_ratio() -> None:
    page = compare_page(compare_result())
    for figure in ("106,744", "41,208", "2.59", "22,832", "7,696,756", "emulator (qemu_m4)"):
        assert figure in page
    assert "differs" in compare_page(compare_result(mismatches=1))
