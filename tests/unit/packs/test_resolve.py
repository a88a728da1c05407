from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.errors import McugenError
from mcugen.packs import pins as pins_module
from mcugen.packs import resolve as resolve_module
from mcugen.packs.model import Context, Pack, Request
from mcugen.packs.pins import pins
from mcugen.packs.resolve import Selected, resolve
from mcugen.packs.store import StoredPack
from tests.unit.packs.maker import component, pack, source

M4 = Context({"Dcore": "Cortex-M4", "Tcompiler": "GCC"})
BALL = Request("Toy", "Ball")


def needs(condition: str, *groups: str) -> str:
    rules = "".join(f'<require Cclass="Toy" Cgroup="{group}"/>' for group in groups)
    return f'<condition id="{condition}">{rules}</condition>'


def chosen(packs: list[Pack], *requests: Request) -> tuple[Selected, ...]:
    stored = [StoredPack(p, Path(p.name)) for p in packs]
    return resolve(stored, requests or [BALL], M4)


def names(packs: list[Pack], *requests: Request) -> list[str]:
    return [f"{s.component} of {s.stored.pack}" for s in chosen(packs, *requests)]


def test_a_component_and_all_that_it_needs() -> None:
    toys = pack(
        component("Ball", attributes='condition="C"')
        + component("Box", attributes='condition="D"')
        + component("Lid")
        + component("Unused"),
        needs("C", "Box") + needs("D", "Lid"),
    )
    expected = [f"Acme::Toy:{name} of Acme::Toys 1.2.3" for name in ("Ball", "Box", "Lid")]
    assert names([toys]) == expected


def test_a_circle_of_needs_ends() -> None:
    toys = pack(
        component("Ball", attributes='condition="C"')
        + component("Box", attributes='condition="D"'),
        needs("C", "Box") + needs("D", "Ball"),
    )
    assert len(names([toys])) == 2


def test_files_whose_condition_does_not_hold_are_left_out() -> None:
    files = source("a.c") + source("m4.c", 'condition="M4"') + source("m7.c", 'condition="M7"')
    conditions = "".join(
        f'<condition id="{c}"><require Dcore="Cortex-{c}"/></condition>' for c in ("M4", "M7")
    )
    (found,) = chosen([pack(component("Ball", files), conditions)])
    assert [f.name for f in found.files] == ["a.c", "m4.c"]


def test_no_packs_at_all() -> None:
    with pytest.raises(McugenError, match="no packs") as caught:
        chosen([])
    assert "mcugen packs install" in caught.value.hint


def test_a_missing_component_and_its_pack_are_named() -> None:
    need = '<package vendor="Acme" name="Boxes" version="1.0.0:2.0.0"/>'
    toys = pack(component("Ball", attributes='condition="C"'), needs("C", "Box"), packages=need)
    with pytest.raises(McugenError, match="Acme::Toy:Ball needs Toy:Box, which no pack") as caught:
        chosen([toys])
    assert "Acme::Boxes" in caught.value.hint


def test_a_needed_pack_of_the_wrong_version_is_named() -> None:
    need = '<package vendor="Acme" name="Boxes" version="2.0.0:2.9.9"/>'
    toys = pack(component("Ball", attributes='condition="C"'), needs("C", "Box"), packages=need)
    boxes = pack(component("Box"), name="Boxes", version="1.0.0")
    message = "Acme::Boxes 1.0.0 is the wrong version: Acme::Toys 1.2.3 needs 2.0.0 to 2.9.9"
    with pytest.raises(McugenError, match=message):
        chosen([toys, boxes])
    newer = pack(component("Box"), name="Boxes", version="2.5.0")
    assert names([toys, newer, boxes])[0] == "Acme::Toy:Box of Acme::Boxes 2.5.0"
    checkout = pack(component("Box"), name="Boxes", version="0.0.0")
    assert len(names([toys, replace(checkout, version="0.0.0")])) == 2


def test_a_pack_that_objects_to_one_in_use() -> None:
    need = '<package vendor="Acme" name="Toys" version="9.0.0:9.9.9"/>'
    toys = pack(component("Ball", attributes='condition="C"'), needs("C", "Box"))
    boxes = pack(component("Box"), name="Boxes", packages=need)
    message = "Boxes 1.2.3 needs Acme::Toys 9.0.0 to 9.9.9, and 1.2.3 is in use"
    with pytest.raises(McugenError, match=message):
        chosen([toys, boxes])


def test_only_one_version_of_a_pack_is_used() -> None:
    new = pack(component("Ball", attributes='condition="C"'), needs("C", "Box"), version="2.0.0")
    old = pack(component("Ball") + component("Box"), version="1.0.0")
    with pytest.raises(McugenError, match=r"Toys 1\.0\.0 is the wrong version: 2\.0\.0 is in use"):
        chosen([new, old])


def test_a_version_that_mcugen_does_not_work_with(monkeypatch: pytest.MonkeyPatch) -> None:
    pin = replace(pins()[0], vendor="Acme", name="Toys", accepts="2.0.0:2.9.9")
    for module in (pins_module, resolve_module):
        monkeypatch.setattr(module, "pins", lambda: (pin,))
    with pytest.raises(McugenError, match=r"mcugen works with 2\.0\.0 to 2\.9\.9"):
        chosen([pack(component("Ball"))])


VARIANTS = component("Ball", attributes='Cvariant="Red"') + component(
    "Ball", attributes='Cvariant="Blue"'
)


def test_variants() -> None:
    toys = pack(VARIANTS)
    with pytest.raises(McugenError, match="2 components fit") as caught:
        chosen([toys])
    assert "Ball&Blue" in caught.value.hint
    blue = Request("Toy", "Ball", cvariant="Blue")
    assert names([toys], blue) == ["Acme::Toy:Ball&Blue of Acme::Toys 1.2.3"]
    assert names([toys], blue, BALL) == names([toys], blue)
    with pytest.raises(McugenError, match="Ball&Blue is already in use"):
        chosen([toys], blue, Request("Toy", "Ball", cvariant="Red"))


def test_the_default_variant() -> None:
    toys = pack(VARIANTS.replace('"Red"', '"Red" isDefaultVariant="true"'))
    assert names([toys]) == ["Acme::Toy:Ball&Red of Acme::Toys 1.2.3"]


def test_only_variants_that_fit_the_context_count() -> None:
    condition = '<condition id="C"><require Dcore="Cortex-M7"/></condition>'
    toys = pack(VARIANTS.replace('"Red"', '"Red" condition="C"'), condition)
    assert names([toys]) == ["Acme::Toy:Ball&Blue of Acme::Toys 1.2.3"]


def test_a_component_that_does_not_fit_the_context() -> None:
    condition = '<condition id="C"><require Dcore="Cortex-M7"/></condition>'
    toys = pack(component("Ball", attributes='condition="C"'), condition)
    with pytest.raises(McugenError, match="it wants Dcore=Cortex-M7") as caught:
        chosen([toys])
    assert "Dcore=Cortex-M4" in caught.value.hint


ONE_OF = (
    '<condition id="C"><accept Cclass="Toy" Cgroup="Box"/>'
    '<accept Cclass="Toy" Cgroup="Bag"/></condition>'
)


def test_the_only_possible_alternative_is_taken() -> None:
    toys = pack(component("Ball", attributes='condition="C"') + component("Bag"), ONE_OF)
    assert len(names([toys])) == 2


def test_several_alternatives_must_be_decided() -> None:
    parts = component("Ball", attributes='condition="C"') + component("Bag") + component("Box")
    toys = pack(parts, ONE_OF)
    with pytest.raises(McugenError, match="Toy:Box or Toy:Bag"):
        chosen([toys])
    assert len(names([toys], Request("Toy", "Bag"), BALL)) == 2


def test_no_possible_alternative() -> None:
    toys = pack(component("Ball", attributes='condition="C"'), ONE_OF)
    with pytest.raises(McugenError, match="needs Toy:Box, which no pack here has"):
        chosen([toys])


def test_a_component_that_is_denied_later() -> None:
    condition = '<condition id="C"><deny Cclass="Toy" Cgroup="Box"/></condition>'
    toys = pack(component("Ball", attributes='condition="C"') + component("Box"), condition)
    with pytest.raises(McugenError, match="it wants not Toy:Box"):
        chosen([toys], BALL, Request("Toy", "Box"))


def test_vendors_and_versions_of_components() -> None:
    toys = pack(component("Ball", attributes='Cvendor="Other"'))
    assert names([toys], replace(BALL, vendor="Other", versions="1.0.0:1.5.0"))
    with pytest.raises(McugenError, match="which no pack here has"):
        chosen([toys], replace(BALL, vendor="Acme"))
    with pytest.raises(McugenError, match=r"Toy:Ball 2\.0\.0, which no pack here has"):
        chosen([toys], replace(BALL, versions="2.0.0"))
