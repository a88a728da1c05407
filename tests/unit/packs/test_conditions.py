from __future__ import annotations

import time

import pytest

from mcugen.errors import InputRejected
from mcugen.packs.conditions import Outcome, evaluate
from mcugen.packs.model import Context, Request
from tests.unit.packs.maker import pack

M4 = Context({"Dcore": "Cortex-M4", "Dfpu": "SP_FPU", "Tcompiler": "GCC"})
BALL = Request("Toy", "Ball")
BOX = Request("Toy", "Box")


def outcome(rules: str, chosen: tuple[Request, ...] = (), more: str = "") -> Outcome:
    """Evaluates condition C with `rules`."""
    conditions = f'<condition id="C">{rules}</condition>{more}'
    return evaluate("C", pack(conditions=conditions), M4, lambda r: r in chosen)


@pytest.mark.parametrize(
    ("rules", "holds"),
    [
        ("", True),
        ('<require Dcore="Cortex-M4" Dfpu="SP_FPU"/>', True),
        ('<require Dcore="Cortex-M4" Dfpu="DP_FPU"/>', False),
        ('<require Dcore="Cortex-M*"/>', True),
        ('<require Dmve="MVE"/>', False),
        ('<accept Dcore="Cortex-M7"/><accept Dcore="Cortex-M4"/>', True),
        ('<accept Dcore="Cortex-M7"/><accept Dcore="Cortex-M33"/>', False),
        ('<require Tcompiler="GCC"/><accept Dcore="Cortex-M7"/>', False),
        ('<deny Dcore="Cortex-M4"/>', False),
        ('<deny Dcore="Cortex-M4" Tcompiler="IAR"/>', True),
        ('<deny Dmve="MVE"/>', True),
        ('<require Dcore="Cortex-M4"/><deny Tcompiler="GCC"/>', False),
    ],
)
def test_attributes(rules: str, holds: bool) -> None:
    found = outcome(rules)
    assert found.holds is holds
    assert bool(found.failures) is not holds


def test_failures_say_what_was_wanted() -> None:
    assert outcome('<require Dcore="Cortex-M7"/>').failures == ("Dcore=Cortex-M7",)
    both = '<accept Dcore="Cortex-M7"/><accept Tcompiler="IAR"/>'
    assert outcome(both).failures == ("Dcore=Cortex-M7 or Tcompiler=IAR",)


def test_components_are_asked_for() -> None:
    rule = '<require Cclass="Toy" Cgroup="Ball"/>'
    assert outcome(rule).requests == (BALL,)
    assert outcome(rule, (BALL,)).holds


def test_one_of_several_components() -> None:
    rules = '<accept Cclass="Toy" Cgroup="Ball"/><accept Cclass="Toy" Cgroup="Box"/>'
    alternatives = (Outcome(requests=(BALL,)), Outcome(requests=(BOX,)))
    assert outcome(rules).choices == (alternatives,)
    assert outcome(rules, (BOX,)).holds


def test_a_component_that_is_denied() -> None:
    rule = '<deny Cclass="Toy" Cgroup="Ball"/>'
    assert outcome(rule).holds
    assert outcome(rule, (BALL,)).failures == ("not Toy:Ball",)


def test_nested_conditions() -> None:
    more = (
        '<condition id="M7"><require Dcore="Cortex-M7"/></condition>'
        '<condition id="M4"><require Dcore="Cortex-M4"/>'
        '<require Cclass="Toy" Cgroup="Box"/></condition>'
    )
    rules = '<accept condition="M7"/><accept condition="M4"/>'
    assert outcome(rules, more=more) == Outcome(requests=(BOX,))


def test_an_unknown_condition_is_rejected() -> None:
    with pytest.raises(InputRejected, match="no condition 'X'"):
        outcome('<require condition="X"/>')


def test_a_circle_is_rejected() -> None:
    more = '<condition id="D"><require condition="C"/></condition>'
    with pytest.raises(InputRejected, match="refers to itself"):
        outcome('<require condition="D"/>', more=more)


def test_deep_nesting_is_rejected() -> None:
    more = "".join(
        f'<condition id="{i}"><require condition="{i + 1}"/></condition>' for i in range(5000)
    )
    with pytest.raises(InputRejected, match="nested deeper"):
        outcome('<require condition="0"/>', more=more)


def test_repeated_conditions_are_evaluated_once() -> None:
    more = "".join(
        f'<condition id="{i}"><require condition="{i + 1}"/>'
        f'<accept condition="{i + 1}"/></condition>'
        for i in range(40)
    )
    start = time.monotonic()
    assert outcome('<require condition="0"/>', more=more + '<condition id="40"/>').holds
    assert time.monotonic() - start < 5
