"""A short, repeatable run of both fuzz targets; `make fuzz` runs them for longer."""

from __future__ import annotations

import random

import pytest

from mcugen.tflite.builder import build
from tests.fuzz.mutations import mutate_bytes, mutate_record, seed_files, seed_records
from tests.fuzz.targets import compile_, plan_for_tflm, read

ROUNDS = 3


def test_seeds_are_valid() -> None:
    for record in seed_records():
        assert read(build(record)) is not None


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes(seed: int) -> None:
    rng = random.Random(seed)
    for data in seed_files() * ROUNDS:
        read(mutate_bytes(data, rng.randrange))


@pytest.mark.parametrize("seed", range(4))
def test_changed_models(seed: int) -> None:
    rng = random.Random(seed)
    for record in seed_records() * ROUNDS:
        data = build(mutate_record(record, rng.randrange))
        compile_(data)
        plan_for_tflm(data)
