"""`sweep`: grids, fronts, pareto.csv, resuming, and failures; searches are stood in for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen import sweeping
from mcugen.errors import InputRejected, McugenError
from mcugen.progress import Progress, silent
from mcugen.search.processes import Processes
from mcugen.search.sweep import (
    COSTS,
    Job,
    Run,
    budget_figures,
    failed_run,
    front,
    make_jobs,
    read_runs,
    write_runs,
)
from mcugen.search.workers import Heard, Work, attempt
from mcugen.sweeping import run_all, sweep
from tests.paths import ROOT
from tests.unit.search import sweep_work
from tests.unit.search.sweep_work import jobs_in, run, work

figures = st.none() | st.integers(1, 6)
runs = st.lists(
    st.builds(
        run,
        name=st.uuids().map(str),
        within_budgets=st.booleans(),
        accuracy=st.none() | st.integers(0, 4).map(lambda n: n / 4),
        ops=figures,
        arena_bytes=figures,
        flash_bytes=figures,
    ),
    max_size=12,
)


class InPlace:
    """Does jobs one after the other, in this process."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run(self, jobs: Sequence[Job], work: Work, heard: Heard) -> Generator[Run, None, None]:
        for job in jobs:
            self.names.append(job.name)
            yield attempt(work, job, lambda text, job=job: heard(job.name, text))  # type: ignore[misc]


def test_a_job_for_each_combination_and_seed(tmp_path: Path) -> None:
    grid = {"ops": ("5M", "10 M"), "sram": ("64K",), "flash": ()}
    jobs = make_jobs(tmp_path, grid, range(2), {"space": "kws"})
    assert [job.name for job in jobs] == [
        *("ops-5M_sram-64K_seed-0", "ops-5M_sram-64K_seed-1"),
        *("ops-10M_sram-64K_seed-0", "ops-10M_sram-64K_seed-1"),
    ]
    assert jobs[2].budgets == "ops 10 M, sram 64K" and jobs[2].folder.parent == tmp_path / "runs"
    assert jobs[3].options == {"space": "kws", "ops": "10 M", "sram": "64K", "seed": 1}
    (job,) = make_jobs(tmp_path, {"ops": ()}, range(1), {})
    assert (job.name, job.budgets, job.options) == ("seed-0", "the board's", {"seed": 0})


def excels(one: Run, other: Run, cost: Any) -> bool:
    a, b = one.rated(cost), other.rated(cost)
    return a is not None and b is not None and a[0] <= b[0] and a[1] >= b[1] and a != b


@given(runs, st.sampled_from(COSTS))
def test_a_front_is_what_none_excels(found: list[Run], cost: Any) -> None:
    best = front(found, cost)
    rated = [r for r in found if r.within_budgets and r.rated(cost)]
    assert set(best) <= set(rated)
    ratings = [r.rated(cost) for r in best]
    assert ratings == sorted(ratings) and len(set(ratings)) == len(ratings)  # type: ignore[type-var]
    for one in rated:
        excelled = any(excels(other, one, cost) for other in rated)
        assert excelled == (one.rated(cost) not in ratings)
    assert [r.rated(cost) for r in front(found[::-1], cost)] == ratings


@given(runs)
def test_the_table_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, found: list[Run]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    found += [replace(run("odd"), error='a "comma", and\na line', latency=1.5, synthetic=False)]
    write_runs(folder, found)
    assert read_runs(folder) == tuple(found)


@pytest.mark.parametrize("text", ["", "name\n", "a,b\n1,2\n", "name,seed\nx,y\n", "\xff\x00"])
def test_a_damaged_table_is_refused(tmp_path: Path, text: str) -> None:
    assert read_runs(tmp_path) == ()
    (tmp_path / "pareto.csv").write_bytes(text.encode("latin-1"))
    if text == "name\n":
        assert read_runs(tmp_path) == ()
    else:
        with pytest.raises(InputRejected, match=r"pareto\.csv is damaged"):
            read_runs(tmp_path)


def test_budgets_are_means_over_seeds(tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path, "20K", "40K", seeds=3)
    found = [*map(work, jobs[:5]), failed_run(jobs[5], "broke")]
    first, second = budget_figures(found)
    assert (first.budgets, first.runs, second.runs) == ("ops 20K", 3, 2)
    assert first.accuracy == pytest.approx(0.76) and first.ops == 20_000
    assert (first.accuracy_least, first.accuracy_most) == (0.75, pytest.approx(0.77))
    (nothing,) = budget_figures(found[5:])
    assert nothing.runs == 0 and nothing.accuracy is nothing.ops is None


def test_it_does_what_is_missing(tmp_path: Path) -> None:
    def interrupt(stage: str, done: int, total: int, figures: str = "") -> None:
        if stage == "searching" and done == 2:
            raise KeyboardInterrupt

    workers, jobs = InPlace(), jobs_in(tmp_path / "a", "20K", "40K")
    with pytest.raises(KeyboardInterrupt):
        run_all(jobs, tmp_path / "a", workers, work, interrupt)
    assert len(read_runs(tmp_path / "a")) == 2
    found = run_all(jobs, tmp_path / "a", workers, work, silent)
    assert workers.names == [job.name for job in jobs] == [r.name for r in found]
    whole = run_all(jobs_in(tmp_path / "b", "20K", "40K"), tmp_path / "b", workers, work, silent)
    assert whole == found
    tables = [(tmp_path / name / "pareto.csv").read_bytes() for name in "ab"]
    assert tables[0] == tables[1]
    more = run_all(jobs_in(tmp_path / "a", "80K"), tmp_path / "a", workers, work, silent)
    assert more[:4] == found and workers.names[-2:] == ["ops-80K_seed-0", "ops-80K_seed-1"]


def test_failures_are_named_and_tried_again(tmp_path: Path) -> None:
    workers, jobs = InPlace(), jobs_in(tmp_path, "20K", "40K")
    told: list[str] = []

    def listen(stage: str, done: int, total: int, figures: str = "") -> None:
        told.append(f"{stage} {done}/{total} {figures}")

    found = run_all(jobs, tmp_path, workers, sweep_work.seed_1_fails, listen)
    assert [bool(r.error) for r in found] == [False, True, False, True]
    assert r"\x1b[31mthe network gives the same answers" in found[1].error
    assert any("ops-20K_seed-1 1/1 failed: " in text for text in told)
    found = run_all(jobs, tmp_path, workers, work, listen)
    assert not any(r.error for r in found)
    assert workers.names[4:] == ["ops-20K_seed-1", "ops-40K_seed-1"]
    assert "searching 2/4 ops-20K_seed-1: search, epoch 1/2, 100 %" in told
    assert "ops-20K_seed-1 1/1 20,000 ops, accuracy 76.00 %" in told
    with pytest.raises(McugenError, match=r"all 2 searches have failed; .*ValueError: no luck"):
        run_all(
            jobs_in(tmp_path / "b", "20K"), tmp_path / "b", workers, sweep_work.all_fail, silent
        )


@pytest.mark.parametrize("count", [1, 3])
def test_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Relative paths stay relative, logs have what was printed, and nothing is on the pipes."""
    monkeypatch.chdir(tmp_path)
    jobs = jobs_in(Path("sweep"), "20K", seeds=3)
    told: list[str] = []
    found = list(Processes(count).run(jobs, work, lambda name, text: told.append(name + text)))
    assert sorted(found, key=lambda r: r.seed) == [
        replace(
            run(j.name), accuracy=0.75 + j.seed / 100, seed=j.seed, ops=20_000, arena_bytes=10_000
        )
        for j in jobs
    ]
    assert Path("sweep/runs/ops-20K_seed-1/arch.json").read_text() == str(tmp_path)
    assert Path("sweep/runs/ops-20K_seed-1.log").read_text() == "search, epoch 1/2: loss 0.5\n"
    assert sorted(told) == [f"{j.name}search, epoch 1/2, 100 %" for j in jobs]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (sweep_work.seed_1_is_killed, "memory runs out"),
        (sweep_work.seed_1_exits, "ended with code 7; "),
        (sweep_work.seed_1_fails, "gives the same answers"),
        (sweep_work.all_fail, "ValueError: no luck"),
    ],
)
def test_a_process_that_dies_takes_nothing_with_it(tmp_path: Path, work: Work, reason: str) -> None:
    jobs = jobs_in(tmp_path, "20K")
    first, second = sorted(Processes(2).run(jobs, work, lambda *_: None), key=lambda r: r.seed)
    assert reason in second.error
    assert bool(first.error) == (work is sweep_work.all_fail)
    log = (tmp_path / "runs" / "ops-20K_seed-1.log").read_text()
    if work is sweep_work.seed_1_exits:
        assert log == "a library's last words\n"
    if work is sweep_work.all_fail:
        assert "Traceback" in log


def test_ctrl_c_lets_searches_keep_what_they_have(tmp_path: Path) -> None:
    def interrupt(name: str, text: str) -> None:
        raise KeyboardInterrupt

    jobs = jobs_in(tmp_path, "20K", seeds=3)
    with pytest.raises(KeyboardInterrupt):
        for _ in Processes(1).run(jobs, sweep_work.until_interrupted, interrupt):
            pass
    assert (jobs[0].folder / "kept").read_text() == "best"
    assert not jobs[1].folder.exists()


SCRIPT = """
import sys
from pathlib import Path
from mcugen.search.processes import Processes
from tests.unit.search.sweep_work import jobs_in, until_interrupted

jobs = jobs_in(Path(sys.argv[1]), "20K", seeds=1)
list(Processes(1).run(jobs, until_interrupted, lambda *_: None))
"""


def test_searches_do_not_outlive_a_sweep_that_is_killed(tmp_path: Path) -> None:
    """Or they would be in the way of --resume."""
    sweeping = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT)
    began = tmp_path / "runs" / "ops-20K_seed-0" / "began"
    wait_until(lambda: began.exists() and began.read_text())
    sweeping.kill()
    sweeping.wait()
    wait_until(lambda: not alive(int(began.read_text())))
    assert not (began.parent / "kept").exists()


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """A zombie, which nobody but its new parent can take away, is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> InPlace:
    """Searches are stood in for."""
    workers = InPlace()
    monkeypatch.setattr(sweeping, "_workers", lambda *_: workers)
    monkeypatch.setattr(sweeping, "_check_tools", lambda *_: None)
    monkeypatch.setattr(sweeping, "run_job", work)
    return workers


def swept(folder: Path, **options: Any) -> Any:
    arguments: dict[str, Any] = {"ops": "200K,400K", "seeds": 2} | options
    return sweep("digits", "qemu_m4", output=folder, **arguments)


def test_a_folder_of_results(tmp_path: Path, stand_in: InPlace) -> None:
    result = swept(tmp_path / "a")
    assert len(result.runs) == 4 and result.failed == () == result.notes
    assert result.fronts["ops"] == ("ops-200K_seed-1", "ops-400K_seed-1")
    # All images are equally large, so that a single run excels.
    assert result.fronts["flash_bytes"] == ("ops-400K_seed-1",)
    assert [b.runs for b in result.budgets] == [2, 2]
    assert [path.name for path in result.plots] == [f"pareto_{cost}.svg" for cost in COSTS]
    svg = result.plots[0].read_text()
    assert svg.count('class="point"') == 4 and svg.count('class="line"') == 1
    assert "ops 200K" in svg and "ops-400K_seed-1: 400,000 ops, 99.75 %" in svg
    page = (tmp_path / "a" / "report.html").read_text()
    assert page.count("<svg") == 3 and "Synthetic data" in page and "ops, arena" in page
    report = json.loads((tmp_path / "a" / "report.json").read_text())
    assert len(report["runs"]) == 4 and report["options"]["space"]["name"] == "digits"
    text = (tmp_path / "a" / "report.txt").read_text()
    assert "4 searches of digits for qemu_m4: accuracy 98.50 % (200,000 ops) to 99.75 %" in text


def test_options_of_then_are_kept(tmp_path: Path, stand_in: InPlace) -> None:
    swept(tmp_path / "a")
    with pytest.raises(InputRejected, match="holds a run already"):
        swept(tmp_path / "a")
    with pytest.raises(InputRejected, match="epochs"):
        swept(tmp_path / "a", resume=True, epochs=3)
    result = swept(tmp_path / "a", resume=True, ops=[800e3], seeds=1)
    assert len(result.runs) == 5 and result.runs[4].name == "ops-800000.0_seed-0"
    assert len(stand_in.names) == 5
    assert len(swept(tmp_path / "a", force=True, seeds=1).runs) == 2
    assert not (tmp_path / "a" / "runs" / "ops-200K_seed-1").exists()


def test_runs_without_accuracy_are_told_of(
    tmp_path: Path, stand_in: InPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unranked(job: Job, progress: Progress) -> Run:
        return replace(work(job), accuracy=None, within_budgets=job.seed == 0)

    monkeypatch.setattr(sweeping, "run_job", unranked)
    result = swept(tmp_path / "a")
    assert result.plots == () and not any(result.fronts.values())
    assert "4 runs have no accuracy" in result.notes[0]
    assert "not within their budgets, and on no front: ops-200K_seed-1" in result.notes[1]
    assert (tmp_path / "a" / "report.html").read_text().count("<svg") == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ops": "200K,20"}, "smallest network of the space 'digits' takes"),
        ({"ops": "200K,many"}, "'many' is not understood"),
        ({"ops": "200K,,400K"}, "--ops lists a budget that is empty"),
        ({"ops": ["200K", 200_000]}, "same budgets twice: --ops 200K and --ops 200000"),
        ({"latency": "5ms"}, "needs a latency model"),
        ({"seeds": 0}, "0 seeds"),
        ({"bits": "3"}, "bits cannot be '3'"),
        ({"task": "dijits"}, "no task 'dijits'"),
        ({"data": "nowhere"}, "no folder nowhere"),
        ({"epochs": 3, "warmup_epochs": 3}, "of 3 epochs, 3 cannot be for warm-up"),
        ({"resume": True, "force": True}, "either --resume or --force"),
        ({"processes": 2, "ray": "local"}, "either --processes or --ray"),
        ({"processes": 0}, "0 processes"),
    ],
)
def test_mistakes_are_found_before_any_search(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputRejected, match=message):
        swept(tmp_path / "x", **options)
    assert not (tmp_path / "x").exists()


def test_what_searches_read_is_not_removed(tmp_path: Path, stand_in: InPlace) -> None:
    swept(tmp_path / "a", seeds=1)
    data = tmp_path / "a" / "runs" / "data"
    data.mkdir()
    with pytest.raises(InputRejected, match="would read"):
        swept(tmp_path / "a", seeds=1, data=data, force=True)
    assert data.exists()


def test_ray_and_tensorflow_are_left_alone() -> None:
    code = (
        "import sys, mcugen; mcugen.sweep; "
        "assert not {'ray', 'tensorflow', 'keras'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_without_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(McugenError, match="Ray is not installed") as caught:
        swept(tmp_path / "x", ray="local")
    assert "mcugen[ray]" in caught.value.hint and not (tmp_path / "x").exists()
