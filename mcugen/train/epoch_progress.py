"""What is told of an epoch while it runs."""

from __future__ import annotations

import time
from typing import Any

import numpy.typing as npt

from mcugen.progress import Progress
from mcugen.train.results import Epoch, Finding
from mcugen.train.stages import Stage

REPORT_SECONDS = 0.5
"""About how long the graph works between two reports of progress."""


class EpochProgress:
    """Progress of one epoch, and how many steps fit between two reports."""

    def __init__(self, progress: Progress, stage: Stage, number: int, steps: int) -> None:
        self._progress, self._steps = progress, steps
        self._title = f"{stage.name}, epoch {number}/{stage.epochs}"
        self._started = 0.0
        self.steps_at_once = 1

    def __call__(self, done: int, losses: npt.NDArray[Any], accuracy: float | None) -> None:
        """After `done` steps; the first call, with none, starts the clock."""
        if done == 0:
            self._started = time.monotonic()
            self._progress(self._title, 0, self._steps, "starting")
            return
        pace = (time.monotonic() - self._started) / done
        self.steps_at_once = max(1, round(REPORT_SECONDS / max(pace, 1e-6)))
        # The last report of an epoch is `finished`.
        if done < self._steps:
            figures = _figures(float(losses.mean()), accuracy)
            self._progress(self._title, done, self._steps, figures)

    def finished(self, epoch: Epoch, metric: str, findings: tuple[Finding, ...]) -> None:
        """The epoch's line."""
        figures = _figures(epoch.loss, epoch.accuracy)
        figures += f", validation loss {epoch.validation_loss:.4g}"
        if epoch.validation_score is not None:
            figures += f", {metric} {100 * epoch.validation_score:.1f} %"
        for finding in findings:
            figures += f"; {finding}"
        self._progress(self._title, self._steps, self._steps, figures)


def _figures(loss: float, accuracy: float | None) -> str:
    text = f"loss {loss:.4g}"
    return text if accuracy is None else f"{text}, accuracy {100 * accuracy:.1f} %"
