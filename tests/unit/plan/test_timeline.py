"""The picture of the arena: live bytes per step, and who makes the peak."""

from __future__ import annotations

import json
from dataclasses import asdict

from mcugen.plan.arena import allocate
from mcugen.plan.lifetimes import ScratchUse, TensorUse, plan_lifetimes
from mcugen.plan.timeline import StepUsage, Timeline, make_timeline

TENSORS = (
    TensorUse("image", 40, -1, 0),
    TensorUse("features", 60, 0, 1),
    TensorUse("flat", 60, 1, 2),
    TensorUse("scores", 4, 2, 3),
    TensorUse("state", 8, -1, 2, persistent=True),
)
SCRATCH = (ScratchUse("im2col", 16, 0),)


def timeline() -> Timeline:
    lifetimes = plan_lifetimes(TENSORS, 3, aliases=[(1, 2)], scratch=SCRATCH)
    return make_timeline(TENSORS, SCRATCH, lifetimes, allocate(lifetimes.buffers))


def test_steps_say_what_is_live() -> None:
    assert timeline().steps == (
        StepUsage(-1, 48, ("image", "state")),
        StepUsage(0, 124, ("image", "features", "state", "im2col")),
        StepUsage(1, 68, ("features", "flat", "state")),
        StepUsage(2, 72, ("flat", "scores", "state")),
        StepUsage(3, 12, ("scores", "state")),
    )


def test_peak_names_its_buffers_largest_first() -> None:
    picture = timeline()
    assert (picture.peak_step, picture.peak_bytes) == (0, 124)
    assert [bar.name for bar in picture.peak] == ["features", "image", "im2col", "state"]
    assert picture.arena_bytes == 124


def test_bars_are_the_buffers_with_what_they_hold() -> None:
    bar = next(bar for bar in timeline().bars if bar.name == "features")
    assert bar.tensors == ("features", "flat")
    assert (bar.size_bytes, bar.first, bar.last) == (60, 0, 2)


def test_timeline_is_plain_data() -> None:
    text = json.dumps(asdict(timeline()))
    assert json.loads(text)["peak"][0]["size_bytes"] == 60


def test_empty_graph_has_an_empty_picture() -> None:
    lifetimes = plan_lifetimes((), 0)
    picture = make_timeline((), (), lifetimes, allocate(lifetimes.buffers))
    assert (picture.peak_bytes, picture.peak, len(picture.steps)) == (0, (), 2)
