"""How many examples fit."""

from __future__ import annotations

from types import SimpleNamespace

from mcugen.train.footprint import MOST_BYTES, examples_at_once


def test_small_networks_are_given_as_many_as_asked_for() -> None:
    assert examples_at_once([SimpleNamespace(shape=(None, 10))], 512) == 512


def test_large_ones_fewer_and_at_least_one() -> None:
    outputs = [SimpleNamespace(shape=(None, 1024, 1024)), SimpleNamespace(shape=(None, 1024, 1024))]
    assert examples_at_once(outputs, 512) == MOST_BYTES // (8 << 20) == 128
    assert examples_at_once(outputs, 512, element_bytes=1) == 512
    assert examples_at_once(outputs * 1000, 512) == 1
