"""Sweeps as they are: on a Ray cluster, and with real searches."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mcugen.errors import McugenError
from mcugen.search.on_ray import OnRay
from mcugen.search.sweep import SweepResult
from mcugen.sweeping import sweep
from tests.paths import ROOT
from tests.unit.search import sweep_work
from tests.unit.search.sweep_work import jobs_in, run

pytestmark = pytest.mark.slow


@pytest.fixture
def ray_finds_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes import mcugen and the tests as these do."""
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")


@pytest.mark.filterwarnings("default")  # Ray's own
def test_a_local_ray_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray_finds_us: None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("space.py").write_text("SPACE = None")
    jobs = [
        replace(job, options={**job.options, "space": "space.py", "data": "data"})
        for job in jobs_in(Path("sweep"), "20K", seeds=3)
    ]
    told: list[str] = []
    found = OnRay("local").run(
        jobs, sweep_work.on_ray, lambda name, text: told.append(f"{name}: {text}")
    )
    first, second, third = sorted(found, key=lambda r: r.seed)
    assert first == replace(run(jobs[0].name), accuracy=0.75, ops=20_000, arena_bytes=10_000)
    assert second.error.startswith("lost on Ray: WorkerCrashedError: ")
    assert third.error == "seed 2 fails"
    assert json.loads(Path("sweep/runs/ops-20K_seed-0/report.json").read_text()) == {
        "space": "space/space.py",
        "data": str(tmp_path / "data"),
        "read": "SPACE = None",
        "folder": "ops-20K_seed-0",
    }
    assert Path("sweep/runs/ops-20K_seed-0.log").read_text() == "search, epoch 1/2: loss 0.5\n"
    assert "seed 2 fails" in Path("sweep/runs/ops-20K_seed-2.log").read_text()
    assert f"{jobs[0].name}: search, epoch 1/2, 100 %" in told


@pytest.mark.filterwarnings("default")
def test_a_ray_cluster_that_is_not_there(tmp_path: Path, ray_finds_us: None) -> None:
    with pytest.raises(McugenError, match="cannot reach the Ray cluster 'auto'"):
        list(OnRay("auto").run(jobs_in(tmp_path, "20K"), sweep_work.work, lambda *_: None))


@pytest.mark.train
@pytest.mark.skipif(not find_spec("tensorflow"), reason="tensorflow is not installed")
@pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed"
)
def test_real_searches(tmp_path: Path) -> None:
    told: list[str] = []

    def tell(stage: str, done: int, total: int, figures: str = "") -> None:
        told.append(f"{stage}: {figures}")

    result = small_sweep(tmp_path / "a", progress=tell)
    assert result.failed == () and [r.metric for r in result.runs] == ["accuracy"] * 2
    assert all((r.ops or 0) <= limit for r, limit in zip(result.runs, (60e3, 200e3), strict=True))
    assert all(r.within_budgets and r.accuracy and r.flash_bytes for r in result.runs)
    assert result.fronts["ops"][0] == "ops-60K_seed-0"
    assert any("ops-200K_seed-0: search, epoch 2/2" in text for text in told)
    for name in ("arch.json", "model.tflite", "report.html", "log.csv"):
        assert (tmp_path / "a" / "runs" / "ops-200K_seed-0" / name).is_file()
    assert "search, epoch 2/2: loss" in (tmp_path / "a/runs/ops-60K_seed-0.log").read_text()
    assert small_sweep(tmp_path / "a", resume=True) == result


def small_sweep(folder: Path, **options: Any) -> SweepResult:
    lengths: dict[str, Any] = {"epochs": 2, "warmup_epochs": 1, "rank_epochs": 1}
    grid: dict[str, Any] = {"ops": "60K,200K", "seeds": 1}
    return sweep("digits", "qemu_m4", output=folder, **grid, **lengths, **options)
