"""How long a training step takes on this computer, and how much of it goes into making a batch.

    python -m bench.training_steps [--steps 50]

Examples are random: a step takes as long whatever is in them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.markdown import Cell, table
from mcugen.architecture import read_architecture
from mcugen.tasks.base import Data, Split
from mcugen.tasks.kws import Kws
from mcugen.tasks.kws.labels import CLASSES
from mcugen.train.float_model import float_model
from mcugen.train.qat import quantize
from mcugen.train.spec import parse_bits
from mcugen.train.stages import Stage
from mcugen.train.steps import Training
from mcugen.train.tensorflow import tf

NETWORKS = ("ds_cnn_s", "micronet_kws_s")
BITS = (None, "w8a8", "w4a4")
"""None: the float network."""

BATCH = 128
EXAMPLES = 1_280
REPEATS = 5


def data(shape: tuple[int, ...]) -> Data:
    """Random examples of keywords' shape and classes."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(EXAMPLES, *shape)).astype(np.float32)
    labels = rng.integers(0, len(CLASSES), EXAMPLES, dtype=np.int32)
    split = Split(features, labels)
    return Data(split, split, split, CLASSES, "random", synthetic=True)


def measure(network: str, bits: str | None, steps: int) -> tuple[float, float]:
    """Milliseconds of a step, and of making its batch alone: gathering and augmenting."""
    architecture = read_architecture(network)
    examples = data(architecture.input)
    model = float_model(architecture)
    if bits is not None:
        model = quantize(model, parse_bits(bits), examples.train.features[:BATCH])
    task = Kws()
    stage = Stage.of("bench", task.recipe, 0, quantized=bits is not None)
    training = Training(model, stage, task, examples, None)
    order = np.random.default_rng(0).integers(0, EXAMPLES, (steps, BATCH), dtype=np.int32)
    batches = tf.constant(order)

    @tf.function  # type: ignore[untyped-decorator]
    def draw(batches: Any) -> Any:
        total = tf.constant(0.0)
        for i in tf.range(steps):
            features, targets = training.draw(batches[i])
            # Everything is read, so that nothing is left out.
            total += tf.reduce_sum(features) + tf.reduce_sum(targets)
        return total

    return (
        _fastest(lambda: training.take(batches), steps),
        _fastest(lambda: draw(batches), steps),
    )


def _fastest(run: Callable[[], Any], steps: int) -> float:
    """Milliseconds of a step in the fastest of some runs, after one that compiles."""
    run()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        tf.nest.map_structure(lambda x: x.numpy(), run())
        times.append(time.perf_counter() - started)
    return 1e3 * min(times) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50)
    arguments = parser.parse_args()
    rows: list[list[Cell]] = []
    for network in NETWORKS:
        for bits in BITS:
            step, batch = measure(network, bits, arguments.steps)
            rows.append([network, bits or "float", step, batch, f"{100 * batch / step:.1f} %"])
    print(table(["network", "", f"step of {BATCH}, ms", "its batch, ms", "share"], rows))


if __name__ == "__main__":
    main()
