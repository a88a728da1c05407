"""What a condition asks for, in a context and beside the components chosen so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mcugen.errors import InputRejected
from mcugen.packs.model import Condition, Context, Pack, Request, Requirement

IsChosen = Callable[[Request], bool]

MAX_DEPTH = 50
"""Conditions nested deeper than this are a mistake, or malice."""


@dataclass(frozen=True)
class Outcome:
    """Why a condition can never hold, or what must be chosen for it to hold.

    `requests` are all needed; of each entry of `choices`, one alternative is. The condition holds
    if all three are empty.
    """

    failures: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    choices: tuple[tuple[Outcome, ...], ...] = ()

    @property
    def holds(self) -> bool:
        """Nothing stands in the way and nothing is wanting."""
        return not (self.failures or self.requests or self.choices)


def evaluate(condition_id: str, pack: Pack, context: Context, is_chosen: IsChosen) -> Outcome:
    """Evaluates a condition of `pack`; the empty id always holds.

    Raises InputRejected if a condition is not defined, refers to itself, or is nested too deep.
    """
    return _Evaluation(pack, context, is_chosen).condition(condition_id, ())


@dataclass(frozen=True)
class _Evaluation:
    pack: Pack
    context: Context
    is_chosen: IsChosen
    known: dict[str, Outcome] = field(default_factory=dict)

    def condition(self, condition_id: str, outer: tuple[str, ...]) -> Outcome:
        if not condition_id:
            return Outcome()
        if condition_id in self.known:
            return self.known[condition_id]
        found = self.pack.conditions.get(condition_id)
        if found is None:
            raise InputRejected(f"{self.pack} has no condition {condition_id!r}")
        if condition_id in outer:
            raise InputRejected(f"{self.pack}: condition {condition_id!r} refers to itself")
        if len(outer) >= MAX_DEPTH:
            raise InputRejected(f"{self.pack}: conditions are nested deeper than {MAX_DEPTH}")
        self.known[condition_id] = self._rules(found, (*outer, condition_id))
        return self.known[condition_id]

    def _rules(self, condition: Condition, outer: tuple[str, ...]) -> Outcome:
        by_kind: dict[str, list[tuple[Requirement, Outcome]]] = {}
        for rule in condition.rules:
            by_kind.setdefault(rule.kind, []).append((rule, self._rule(rule, outer)))
        outcomes = [outcome for _, outcome in by_kind.get("require", [])]
        for rule, outcome in by_kind.get("deny", []):
            if outcome.holds:
                outcomes.append(Outcome(failures=(f"not {_describe(rule)}",)))
        if "accept" in by_kind:
            outcomes.append(_one_of(by_kind["accept"]))
        return _all_of(outcomes)

    def _rule(self, rule: Requirement, outer: tuple[str, ...]) -> Outcome:
        failures = tuple(
            f"{name}={wanted}"
            for name, wanted in rule.attributes
            if not fnmatchcase(self.context.attributes.get(name, ""), wanted)
        )
        outcomes = [Outcome(failures), self.condition(rule.condition, outer)]
        if rule.component is not None and not self.is_chosen(rule.component):
            outcomes.append(Outcome(requests=(rule.component,)))
        return _all_of(outcomes)


def _all_of(outcomes: Iterable[Outcome]) -> Outcome:
    every = list(outcomes)
    return Outcome(
        failures=tuple(dict.fromkeys(f for o in every for f in o.failures)),
        requests=tuple(dict.fromkeys(r for o in every for r in o.requests)),
        choices=tuple(dict.fromkeys(c for o in every for c in o.choices)),
    )


def _one_of(rules: list[tuple[Requirement, Outcome]]) -> Outcome:
    if any(outcome.holds for _, outcome in rules):
        return Outcome()
    possible = tuple(dict.fromkeys(outcome for _, outcome in rules if not outcome.failures))
    if not possible:
        return Outcome(failures=(" or ".join(_describe(rule) for rule, _ in rules),))
    return possible[0] if len(possible) == 1 else Outcome(choices=(possible,))


def _describe(rule: Requirement) -> str:
    parts = [f"{name}={value}" for name, value in rule.attributes]
    if rule.component is not None:
        parts.append(str(rule.component))
    if rule.condition:
        parts.append(f"condition {rule.condition!r}")
    return " and ".join(parts)
