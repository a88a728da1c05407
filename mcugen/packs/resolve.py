"""From requests to files: which components, of which packs, and what each contributes.

Packs are taken newest first and one version of each; a pack once taken is not given up again, so
that the outcome is easy to foretell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from mcugen.errors import McugenError
from mcugen.packs.conditions import Outcome, evaluate
from mcugen.packs.model import Component, Context, File, Request
from mcugen.packs.pins import pin_of, pins
from mcugen.packs.store import StoredPack
from mcugen.packs.versions import in_range

UNVERSIONED = "0.0.0"
"""What a checkout of a pack's repository calls itself; every range takes it."""

_HINT = (
    "mcugen packs install\nwithout a network: mcugen packs add PATH, with .pack files or folders"
)


@dataclass(frozen=True)
class Selected:
    """A component in use, with its files that apply in the context."""

    component: Component
    stored: StoredPack
    files: tuple[File, ...]


def resolve(
    packs: Sequence[StoredPack], requests: Sequence[Request], context: Context
) -> tuple[Selected, ...]:
    """The components for `requests` and all that their conditions ask for, in a stable order.

    `packs` have the newest version of each first. Raises McugenError, naming the component and the
    pack, if one is missing, has no version that is asked for, cannot be used in the context, or
    is not the only one that fits.
    """
    if not packs:
        raise McugenError("there are no packs on this machine", _HINT)
    resolution = _Resolution(packs, context)
    for request in requests:
        resolution.choose(request, "the program")
    return resolution.finish()


@dataclass
class _Resolution:
    """Grows until every condition of every chosen component holds."""

    packs: Sequence[StoredPack]
    context: Context
    chosen: list[tuple[Component, StoredPack]] = field(default_factory=list)

    def is_chosen(self, request: Request) -> bool:
        return any(
            component.answers(request) and fits(component.version, request.versions)
            for component, _ in self.chosen
        )

    def outcome(self, condition: str, stored: StoredPack) -> Outcome:
        return evaluate(condition, stored.pack, self.context, self.is_chosen)

    def choose(self, request: Request, asker: str) -> None:
        """Takes the component that `request` names, and then what it needs."""
        if self.is_chosen(request):
            return
        component, stored = self._pick(request, asker)
        for other, _ in self.chosen:
            if other.family == component.family:
                raise McugenError(
                    f"{asker} needs {component}, but {other} is already in use",
                    "only one variant of a component can be in a program",
                )
        self.chosen.append((component, stored))
        self._satisfy(self.outcome(component.condition, stored), str(component))

    def finish(self) -> tuple[Selected, ...]:
        """Checks the conditions again, now that all is chosen: some forbid what came later."""
        selected = []
        for component, stored in self.chosen:
            outcome = self.outcome(component.condition, stored)
            if not outcome.holds:
                self._refuse(component, outcome)
            files = (f for f in component.files if self.outcome(f.condition, stored).holds)
            selected.append(Selected(component, stored, tuple(files)))
        return tuple(sorted(selected, key=lambda s: (s.stored.pack.id, str(s.component))))

    def _satisfy(self, outcome: Outcome, asker: str) -> None:
        for request in outcome.requests:
            self.choose(request, asker)
        for alternatives in outcome.choices:
            possible = [a for a in alternatives if self._is_possible(a)]
            if len(possible) > 1:
                names = " or ".join(_wanted(a) for a in possible)
                raise McugenError(
                    f"{asker} can work with {names}", "ask for one of them, to say which"
                )
            self._satisfy((possible or alternatives)[0], asker)

    def _is_possible(self, outcome: Outcome) -> bool:
        """Whether the packs have what an alternative asks for directly."""
        return all(self.is_chosen(r) or self._candidates(r) for r in outcome.requests)

    def _pick(self, request: Request, asker: str) -> tuple[Component, StoredPack]:
        candidates = self._candidates(request)
        if not candidates:
            self._explain_absence(request, asker)
        outcomes = [(c, s, self.outcome(c.condition, s)) for c, s in candidates]
        usable = [(c, s) for c, s, outcome in outcomes if not outcome.failures]
        if not usable:
            self._refuse(outcomes[0][0], outcomes[0][2])
        # The newest pack that has one decides; older versions of it only fill in for others.
        first = usable[0][1]
        best = [(c, s) for c, s in usable if s is first or s.pack.id != first.pack.id]
        if len(best) > 1:
            best = [(c, s) for c, s in best if c.is_default] or best
        if len(best) > 1:
            names = ", ".join(sorted(f"{c} of {s.pack}" for c, s in best))
            raise McugenError(f"{asker} needs {request}, and {len(best)} components fit", names)
        self._check_needs(best[0][1])
        return best[0]

    def _candidates(self, request: Request) -> list[tuple[Component, StoredPack]]:
        """All that answer, of packs in versions that nobody objects to, newest first."""
        return [
            (component, stored)
            for stored in self.packs
            if self._objection(stored) is None
            for component in stored.pack.components
            if component.answers(request) and fits(component.version, request.versions)
        ]

    def _objection(self, stored: StoredPack) -> str | None:
        """Why this version of a pack cannot be used beside those in use."""
        pack = stored.pack
        pin = pin_of(pack)
        if pin is not None and not fits(pack.version, pin.accepts):
            return f"mcugen works with {_range(pin.accepts)}"
        for _, used in self.chosen:
            if used.pack.id == pack.id and used is not stored:
                return f"{used.pack.version} is in use"
            for need in used.pack.packages:
                is_meant = f"{need.vendor}::{need.name}".lower() == pack.id.lower()
                if is_meant and not fits(pack.version, need.versions):
                    return f"{used.pack} needs {_range(need.versions)}"
        return None

    def _check_needs(self, stored: StoredPack) -> None:
        """A pack that comes in may object to one that is there."""
        for need in stored.pack.packages:
            for _, used in self.chosen:
                is_meant = f"{need.vendor}::{need.name}".lower() == used.pack.id.lower()
                if is_meant and not fits(used.pack.version, need.versions):
                    raise McugenError(
                        f"{stored.pack} needs {used.pack.id} {_range(need.versions)}, "
                        f"and {used.pack.version} is in use",
                        _HINT,
                    )

    def _explain_absence(self, request: Request, asker: str) -> NoReturn:
        """Names the pack: one of the wrong version, one that is wanted, or one that is pinned."""
        for stored in self.packs:
            objection = self._objection(stored)
            if objection and any(c.answers(request) for c in stored.pack.components):
                raise McugenError(
                    f"{asker} needs {request}, and {stored.pack} is the wrong version: {objection}",
                    _HINT,
                )
        here = {stored.pack.id.lower() for stored in self.packs}
        pinned = [pin.id for pin in pins()]
        needs = [n for _, used in self.chosen for n in used.pack.packages]
        wanted = [f"{need.vendor}::{need.name}" for need in needs] or pinned
        missing = [name for name in dict.fromkeys(wanted) if name.lower() not in here]
        missing = [name for name in missing if name in pinned] or missing
        likely = f"missing packs: {', '.join(missing)}\n" if missing else ""
        raise McugenError(f"{asker} needs {request}, which no pack here has", likely + _HINT)

    def _refuse(self, component: Component, outcome: Outcome) -> NoReturn:
        wanted = [*outcome.failures, *map(str, outcome.requests)]
        wanted += [" or ".join(_wanted(a) for a in choice) for choice in outcome.choices]
        attributes = ", ".join(f"{k}={v}" for k, v in sorted(self.context.attributes.items()))
        raise McugenError(
            f"{component} cannot be used here: it wants {', '.join(wanted)}",
            f"this program is built for {attributes or 'nothing in particular'}",
        )


def fits(version: str, wanted: str) -> bool:
    """Whether a version lies in a range; a checkout without a version always does."""
    return version == UNVERSIONED or not wanted or in_range(version or "0", wanted)


def _wanted(outcome: Outcome) -> str:
    return " and ".join(map(str, outcome.requests)) or "one of several"


def _range(wanted: str) -> str:
    first, colon, last = wanted.partition(":")
    if first == last:
        return f"exactly {first}"
    if not colon or not last:
        return f"{first} or later"
    return f"{first} to {last}" if first else f"{last} or earlier"
