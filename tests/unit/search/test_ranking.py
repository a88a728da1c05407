"""Successive halving: who trains how long, and who comes out first. Nothing is trained here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

pytest.importorskip("tensorflow")

from mcugen.isa import Isa
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.decode import Candidate, random_selections
from mcugen.search.ranking import FINALISTS, RATE_SHARE, rank
from mcugen.search.spaces import load_space
from mcugen.search.trials import Trial, Trials

MODEL = CostModel(load_space("digits"), Isa.DSP)


@dataclass
class Scripted:
    """Trainings whose scores are known; `calls` has name, epochs, weights and rate of each."""

    scores: dict[int, list[float | None]]
    calls: list[tuple[str, int, Any, float]] = field(default_factory=list)

    def train(
        self, name: str, architecture: Any, epochs: int, *, weights: Any = None, rate: float = 1.0
    ) -> Trial:
        self.calls.append((name, epochs, weights, rate))
        number, rounds = int(name.split()[1]), int(name.split()[-1])
        return Trial(self.scores[number][rounds - 1], {"after": name}, ())


def found(count: int) -> list[Candidate]:
    selections = random_selections(MODEL, Budgets(ops=130e3), count)
    return [Candidate(s, MODEL.of_selection(s), str(i), ()) for i, s in enumerate(selections, 1)]


def ranking(trials: Scripted, count: int, epochs: int) -> list[Any]:
    return rank(
        found(count),
        lambda c: MODEL.space.architecture(c.selection),
        cast(Trials, trials),
        epochs,
    )


def test_the_best_third_trains_on_and_twice_as_long() -> None:
    trials = Scripted({i: [i / 20, 1 - i / 20, 0.5] for i in range(1, 13)})
    ranked = ranking(trials, 12, 2)
    first, second, third = (
        [int(name.split()[1]) for name, epochs, *_ in trials.calls if epochs == length]
        for length in (2, 4, 8)
    )
    assert first == list(range(1, 13))
    assert second == [12, 11, 10, 9]
    assert third == [9, 10, 11]
    # Of equal scores the one stands first that did better before; the beaten follow.
    assert [r.candidate.origin for r in ranked[:4]] == ["9", "10", "11", "12"]
    assert [r.epochs for r in ranked[:5]] == [14, 14, 14, 6, 2]
    assert len(ranked) == 12


def test_a_few_are_trained_once() -> None:
    trials = Scripted({1: [0.1], 2: [None], 3: [0.3]})
    ranked = ranking(trials, FINALISTS, 5)
    assert [r.candidate.origin for r in ranked] == ["3", "1", "2"]
    assert [call[1] for call in trials.calls] == [5, 5, 5]


def test_weights_go_from_round_to_round() -> None:
    trials = Scripted({i: [0.5, 0.5] for i in range(1, 5)})
    ranking(trials, 4, 1)
    assert trials.calls[0][2:] == (None, 1.0)
    assert trials.calls[4][2:] == ({"after": "candidate 1 of 4 round 1"}, RATE_SHARE)
