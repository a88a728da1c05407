"""Which candidate is the best: those that do worse are given up early, the others train on.

Source: successive halving, Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and
Hyperparameter Optimization", AISTATS 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mcugen.architecture import Architecture
from mcugen.search.decode import Candidate
from mcugen.search.trials import Trials
from mcugen.train.checkpoint import Arrays
from mcugen.train.results import Finding

KEPT = 1 / 3
"""Of the candidates, after each round."""

FINALISTS = 3
"""As many candidates, or fewer, go through one last round."""

LONGER = 2
"""By which factor each round is longer than the one before."""

RATE_SHARE = 0.5
"""Of the recipe's peak learning rate, after the first round: weights have learnt by then."""


@dataclass(frozen=True)
class Ranked:
    """A candidate, its score in its last round, and the epochs of all its rounds."""

    candidate: Candidate
    score: float | None
    epochs: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Runner:
    number: int
    architecture: Architecture
    weights: Arrays | None
    ranked: Ranked


def rank(
    found: Sequence[Candidate],
    architecture: Callable[[Candidate], Architecture],
    trials: Trials,
    epochs: int,
) -> list[Ranked]:
    """The candidates, the best first: the later a round one has come to, the better it is.

    Each begins with new weights, and trains for so many `epochs` in the first round, twice as many
    in the next. Of equal scores the one stands first that came first.
    """
    runners = [
        _Runner(number, architecture(c), None, Ranked(c, None, 0))
        for number, c in enumerate(found, 1)
    ]
    beaten: list[_Runner] = []
    round_number = 1
    while True:
        runners = [_trained(x, round_number, len(found), epochs, trials) for x in runners]
        runners.sort(key=lambda x: -1.0 if x.ranked.score is None else x.ranked.score, reverse=True)
        if len(runners) <= FINALISTS:
            return [x.ranked for x in (*runners, *beaten)]
        kept = max(FINALISTS, round(KEPT * len(runners)))
        runners, beaten = runners[:kept], [*runners[kept:], *beaten]
        epochs *= LONGER
        round_number += 1


def _trained(
    runner: _Runner, round_number: int, count: int, epochs: int, trials: Trials
) -> _Runner:
    trial = trials.train(
        f"candidate {runner.number} of {count} round {round_number}",
        runner.architecture,
        epochs,
        weights=runner.weights,
        rate=1.0 if runner.weights is None else RATE_SHARE,
    )
    before = runner.ranked
    after = Ranked(before.candidate, trial.score, before.epochs + epochs, trial.findings)
    return replace(runner, weights=trial.weights, ranked=after)
