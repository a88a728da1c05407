from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.errors import InputRejected
from mcugen.packs.model import File, PackageNeed, Request, Requirement
from mcugen.packs.pdsc import parse_pdsc
from tests.unit.packs.maker import component, pack, pdsc, source


def test_identity_is_the_newest_release() -> None:
    assert str(pack(version="1.10.0")) == "Acme::Toys 1.10.0"


def test_components_and_files() -> None:
    files = (
        source("src\\\\a b.c", 'attr="config"')
        + '<file category="header" name="./inc/x.h" path="inc" condition="C"/>'
    )
    more = "<Pre_Include_Global_h>\n   #define A 1\n  </Pre_Include_Global_h>"
    found = pack(component("Ball", files, more, 'isDefaultVariant="1" Cvariant="Red"'))
    ball = found.components[0]
    assert str(ball) == "Acme::Toy:Ball&Red"
    assert ball.is_default
    assert ball.pre_include_global == "#define A 1"
    assert ball.files == (
        File("src/a b.c", "source", "config"),
        File("inc/x.h", "header", "", "C", "inc"),
    )


def test_components_of_a_bundle_take_its_class_and_vendor() -> None:
    text = '<bundle Cbundle="B" Cclass="Toy" Cversion="2.0.0" Cvendor="Other">'
    found = pack(text + '<component Cgroup="Ball"/></bundle>').components[0]
    assert (str(found), found.version) == ("Other::Toy:Ball", "2.0.0")


def test_conditions_and_packages() -> None:
    text = (
        '<condition id="C"><description/><require Dcore="Cortex-M4" Tcompiler="GCC"/>'
        '<deny condition="D"/><accept Cclass="Toy" Cgroup="Ball" Cversion="1.0.0"/></condition>'
    )
    need = '<package vendor="Acme" name="Box" version="1.0.0:2.0.0"/>'
    found = pack(conditions=text, packages=need)
    assert found.packages == (PackageNeed("Acme", "Box", "1.0.0:2.0.0"),)
    assert found.conditions["C"].rules == (
        Requirement("require", (("Dcore", "Cortex-M4"), ("Tcompiler", "GCC"))),
        Requirement("deny", condition="D"),
        Requirement("accept", component=Request("Toy", "Ball", versions="1.0.0")),
    )


@pytest.mark.parametrize(
    "name",
    ["../x.c", "a/../../x.c", "/etc/passwd", "C:\\x.c", "\\\\host\\x.c", "a>x.c", "a*.c", "a\tb.c"],
)
def test_files_outside_the_pack_are_rejected(name: str) -> None:
    escaped = name.replace(">", "&gt;").replace("\t", "&#9;")
    with pytest.raises(InputRejected, match=r"test\.pdsc: the path"):
        pack(component("Ball", source(escaped)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<vendor>Acme", "<vendor>../..", "vendor"),
        ("<name>Toys", "<name>a/b", "name"),
        ("<name>Toys</name>", "", "name"),
        ('version="1.2.3"', 'version="../1"', "no version"),
        ("<release ", "<other ", "no release"),
        ("<package ", "<packet ", "not valid XML"),
        ("</package>", "", "not valid XML"),
        ("<components>", '<components><component Cclass="X"/>', "no Cgroup"),
        ("?>", '?><!DOCTYPE p [<!ENTITY e "x">]>', "document type"),
    ],
)
def test_what_is_no_description_is_rejected(old: str, new: str, message: str) -> None:
    with pytest.raises(InputRejected, match=message):
        parse_pdsc(pdsc().replace(old, new).encode(), "x")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe<\0", b"\0", b"<a/>", b"<?xml?>"])
def test_bytes_that_are_no_description_are_rejected(data: bytes) -> None:
    with pytest.raises(InputRejected):
        parse_pdsc(data, "x")


def test_a_declared_encoding_cannot_hide_a_document_type() -> None:
    text = pdsc().replace("UTF-8", "cp037")
    with pytest.raises(InputRejected):
        parse_pdsc(text.encode("cp037"), "x")


WHOLE = pdsc(
    component("Ball", source("a.c"), "<Pre_Include_Global_h>#define A</Pre_Include_Global_h>"),
    '<condition id="C"><require condition="D"/></condition>',
    packages='<package vendor="Acme" name="Box" version="1.0.0:2.0.0"/>',
)


@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.text(max_size=10))
def test_a_damaged_description_is_read_or_rejected(start: int, count: int, text: str) -> None:
    damaged = WHOLE[:start] + text + WHOLE[start + count :]
    with contextlib.suppress(InputRejected):
        parse_pdsc(damaged.encode(), "x")
