"""What a run writes down while it trains: log.csv and TensorBoard's event files."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path
from typing import Any

from mcugen.train.results import Epoch
from mcugen.train.tensorflow import tf

# tf.summary.scalar does no more than this, but only where TensorBoard is installed.
_SCALAR = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"}, data_class=1)


class Journal:
    """The history of all stages of a run, in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}
        self.history: list[Epoch] = []

    def extend(self, epochs: list[Epoch]) -> None:
        """Adds what an interrupted run has trained."""
        self.history += epochs
        # Replaced as a whole, so that it never tells more or less than the checkpoints.
        unfinished = self._folder / "log.csv.tmp"
        unfinished.write_text(as_csv(self.history), encoding="utf-8")
        unfinished.replace(self._folder / "log.csv")

    def record(self, epoch: Epoch) -> None:
        """Adds an epoch that has just ended."""
        self.extend([epoch])
        if epoch.stage not in self._writers:
            logs = self._folder / "logs" / epoch.stage
            self._writers[epoch.stage] = tf.summary.create_file_writer(str(logs))
        writer = self._writers[epoch.stage]
        with writer.as_default(step=epoch.epoch):
            for name, value in dataclasses.asdict(epoch).items():
                if isinstance(value, float):
                    tf.summary.write(name, tf.constant(value), metadata=_SCALAR)
        writer.flush()


def as_csv(history: list[Epoch]) -> str:
    """One line an epoch under a line of names; what is not defined is empty."""
    text = io.StringIO()
    names = [field.name for field in dataclasses.fields(Epoch)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(dataclasses.asdict(epoch) for epoch in history)
    return text.getvalue()
