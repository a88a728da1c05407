"""A search: supernet, candidates, ranking, proof, report; each stage can be resumed."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mcugen.architecture import write_architecture
from mcugen.boards import Board
from mcugen.errors import McugenError
from mcugen.progress import Progress
from mcugen.search.baselines import uniform_selection
from mcugen.search.costs import CostModel
from mcugen.search.decode import Candidate, candidates, random_selections
from mcugen.search.depths import depths
from mcugen.search.found_layers import layer_rows
from mcugen.search.loop import Search
from mcugen.search.options import Options
from mcugen.search.products import fastest_products
from mcugen.search.proof import Proof, prove
from mcugen.search.ranking import Ranked, rank
from mcugen.search.report import write_report
from mcugen.search.results import Baseline, RankedCandidate, SearchEpoch, SearchResult
from mcugen.search.scaling import smallest_kernels, widest
from mcugen.search.space import Choice, Selection
from mcugen.search.trials import Trials
from mcugen.tasks.base import Data, Task
from mcugen.train.journal import Journal

SAMPLED_CANDIDATES = 2


class SearchInterrupted(McugenError):
    """Ctrl-C; the best that was known by then has been written."""

    exit_code = 130


class SearchRun:
    """One search in its folder, with its task's data."""

    def __init__(
        self,
        options: Options,
        board: Board,
        costs: CostModel,
        task: Task,
        data: Data,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._options, self._board, self._costs = options, board, costs
        self._space, self._budgets = costs.space, options.budgets
        self._task, self._data = task, data
        self._folder, self._progress = folder, progress
        self._journal = Journal(folder)
        self._trials = Trials(
            task,
            data,
            options.recipe,
            options.plan.seed,
            folder / "checkpoints",
            self._journal,
            progress,
        )
        self._best: Candidate | None = None
        self._proof: Proof | None = None

    def run(self) -> SearchResult:
        """All stages, from where the folder's checkpoints end. Raises SearchInterrupted."""
        options = self._options
        search = Search(
            self._costs,
            self._budgets,
            options.plan,
            self._task,
            self._data,
            products=fastest_products(),
        )
        try:
            search.fit(self._folder / "checkpoints" / "search.npz", self._journal, self._progress)
            ranked = self._rank(search)
            self._best = ranked[0].candidate
            self._proof = proof = self._prove(search, self._best)
            baselines = self._baselines(proof.selection) if options.baselines else ()
        except KeyboardInterrupt:
            raise self._interrupted(search) from None
        return self._finished(search, ranked, proof, baselines)

    def _decoded(self, search: Search, samples: int = SAMPLED_CANDIDATES) -> tuple[Candidate, ...]:
        return candidates(
            self._costs,
            search.relaxation.arrays(),
            self._budgets,
            samples=samples,
            seed=self._options.plan.seed,
        )

    def _rank(self, search: Search) -> list[Ranked]:
        """Candidates of all kinds, the best first; unranked if they are not to be trained."""
        self._progress("decoding", 0, 0)
        found = self._decoded(search)
        if not self._options.rank_epochs:
            return [Ranked(candidate, None, 0) for candidate in found]
        by_depth = depths(self._costs, search.relaxation.arrays(), self._budgets)
        unique = {c.selection: c for c in (*by_depth, *found)}
        return rank(
            tuple(unique.values()),
            lambda c: self._space.architecture(c.selection),
            self._trials,
            self._options.rank_epochs,
        )

    def _baselines(self, selection: Selection) -> tuple[Baseline, ...]:
        """The network found and others, trained equally long, each once."""
        seed = self._options.plan.seed
        all_blocks = widest(self._space)
        same_blocks = tuple(
            choice if decision.field == "keep" else most
            for decision, choice, most in zip(
                self._space.decisions, selection, all_blocks, strict=True
            )
        )
        starts: dict[Selection, str] = {}
        for name, start in (
            ("uniform", all_blocks),
            ("uniform as deep", same_blocks),
            ("uniform as deep, smallest kernels", smallest_kernels(same_blocks, self._space)),
        ):
            starts.setdefault(start, name)
        networks = [("found", selection)]
        for start, name in starts.items():
            networks.append((name, uniform_selection(self._costs, self._budgets, start)))
        # Of budgets that are larger than the space no random network uses enough.
        with contextlib.suppress(McugenError):
            networks.append(("random", random_selections(self._costs, self._budgets, 1, seed)[0]))
        unique: dict[Selection, str] = {}
        for name, chosen in networks:
            unique.setdefault(chosen, name)
        found = []
        for chosen, name in unique.items():
            architecture = self._space.architecture(chosen)
            epochs = self._options.recipe.epochs
            trial = self._trials.train(f"baseline {name}", architecture, epochs)
            found.append(Baseline(name, 2 * architecture.macs, architecture.params, trial.score))
        return tuple(found)

    def _prove(self, search: Search, candidate: Candidate) -> Proof:
        """The exported network, and what it really takes; smaller if it has to be."""
        return prove(
            self._costs,
            candidate.selection,
            self._board,
            self._budgets,
            self._folder,
            probabilities=search.relaxation.arrays(),
            seed=self._options.plan.seed,
            progress=self._progress,
        )

    def _interrupted(self, search: Search) -> SearchInterrupted:
        """Writes the best network that is known, or what the probabilities of now decode to."""
        if self._proof is not None:
            selection, what = self._proof.selection, "the network found, which is proved"
        elif self._best is not None:
            selection, what = self._best.selection, "the best candidate, which is not proved"
        else:
            selection = self._decoded(search, samples=0)[0].selection
            what = "the network decoded from the probabilities of then, neither ranked nor proved"
        path = self._folder / "arch.json"
        write_architecture(self._space.architecture(selection), path)
        done = len(search.history)
        return SearchInterrupted(
            f"interrupted after {done} of {self._options.plan.epochs} epochs: {path} holds {what}",
            "go on from the last epoch: the same command with --resume",
        )

    def _finished(
        self,
        search: Search,
        ranked: list[Ranked],
        proof: Proof,
        baselines: tuple[Baseline, ...],
    ) -> SearchResult:
        options, architecture = self._options, self._space.architecture(proof.selection)
        arch = self._folder / "arch.json"
        write_architecture(architecture, arch)
        costs = self._costs.of_selection(proof.selection)
        last = search.history[-1]
        best = ranked[0]
        latency = self._costs.latency
        result = SearchResult(
            name=architecture.name,
            space=self._space.name,
            task=self._task.name,
            board=self._board.id,
            data=self._data.description,
            synthetic=self._data.synthetic,
            metric=self._task.metric,
            bits=options.bits,
            seed=options.plan.seed,
            notes=(*_notes(best, proof), *self._data.problems),
            layers=layer_rows(self._space, proof.selection),
            candidates=tuple(_row(r, chosen=r is best) for r in ranked),
            baselines=baselines,
            history=tuple(e for e in self._journal.history if isinstance(e, SearchEpoch)),
            expected={name: float(getattr(last, name)) for name in self._budgets.limits},
            latency_unit=None if latency is None else latency.unit,
            folder=self._folder,
            sources=self._sources(best, proof),
            arch=arch,
            model=proof.model,
            ops=proof.ops,
            params=proof.params,
            arena_bytes=proof.arena_bytes,
            flash_bytes=proof.flash_bytes,
            latency=costs.latency,
            budgets={str(name): limit for name, limit in self._budgets.limits.items()},
            within_budgets=proof.within_budgets,
            accuracy=best.score,
        )
        write_report(result, options.to_json())
        return result

    def _sources(self, best: Ranked, proof: Proof) -> dict[str, str]:
        latency = self._costs.latency
        sources = dict(proof.sources)
        if latency is not None:
            sources["latency"] = (
                f"estimate (fitted to {latency.samples} networks with the runtime "
                f"{latency.runtime}: {latency.label}, {latency.board})"
            )
        if best.score is None:
            sources["accuracy"] = "not measured"
        else:
            sources["accuracy"] = (
                f"the float network, all validation examples, after {best.epochs} epochs"
            )
        return sources


def _row(ranked: Ranked, chosen: bool) -> RankedCandidate:
    candidate, costs = ranked.candidate, ranked.candidate.costs
    return RankedCandidate(
        origin=candidate.origin,
        changes=len(candidate.changes),
        ops=round(costs.ops),
        params=round(costs.params),
        flash_bytes=round(costs.flash_bytes),
        sram_bytes=round(costs.memory_bytes),
        latency=costs.latency,
        score=ranked.score,
        epochs=ranked.epochs,
        chosen=chosen,
    )


def _notes(best: Ranked, proof: Proof) -> tuple[str, ...]:
    """What was changed on the way from probabilities to the network, and what is wrong with it."""
    changes = ", ".join(
        f"{c.field} of block {c.node} from {_shown(c.before)} to {_shown(c.after)}"
        for c in best.candidate.changes
    )
    notes = [f"to keep and use the budgets: {changes}"] if changes else []
    return (*notes, *proof.notes, *(str(finding) for finding in best.findings))


def _shown(choice: Choice) -> str:
    return "×".join(map(str, choice)) if isinstance(choice, tuple) else str(choice)
