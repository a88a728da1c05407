"""What the comparison of two graphs tells."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mcugen.ir.graph import DType
from mcugen.quantization.measure import Error, compare, is_classifier, mean_inputs
from mcugen.quantization.rewrite import to_int4
from mcugen.samples import seeded
from tests.unit.quantization.graphs import network


def test_decibels() -> None:
    error = Error()
    assert error.sqnr_db == math.inf
    error.add(np.array([3.0, 4.0]), np.array([3.0, 4.5]))
    assert error.sqnr_db == pytest.approx(20.0)
    assert Error(0.0, 1.0).sqnr_db == -math.inf


def test_no_change_no_error() -> None:
    graph = network()
    found = compare(graph, graph, range(4), seeded(graph, 2, 0))
    assert all(found.layers[i].sqnr_db == found.alone[i].sqnr_db == math.inf for i in range(4))
    assert found.output.sqnr_db == math.inf
    assert len(found.classes) == 2 and all(a == b for a, b in found.classes)


def test_errors_begin_at_the_layer_and_go_on() -> None:
    graph = network()
    changed = to_int4(graph, [1])
    told: list[tuple[str, int, int]] = []
    found = compare(
        graph, changed, range(4), seeded(graph, 3, 0), lambda *stage: told.append(stage)
    )
    assert found.layers[0].sqnr_db == math.inf
    assert found.layers[1].sqnr_db == found.alone[1].sqnr_db
    assert 5 < found.alone[1].sqnr_db < 60
    # Layer 2 suffers from layer 1, and makes no error itself.
    assert found.layers[2].sqnr_db < math.inf and found.alone[2].sqnr_db == math.inf
    assert found.output.sqnr_db == found.layers[3].sqnr_db
    assert told == [("comparing", i, 3) for i in (1, 2, 3)]


def test_mean_inputs() -> None:
    graph = network()
    samples = seeded(graph, 4, 0)
    found = mean_inputs(graph, [0], samples)
    np.testing.assert_allclose(found[0], np.mean([s[0] for s in samples], axis=0))


def test_what_tells_a_class() -> None:
    graph = network()
    assert is_classifier(graph)
    assert not is_classifier(replace(graph, outputs=graph.outputs * 2))
    tensors = list(graph.tensors)
    tensors[graph.outputs[0]] = replace(tensors[graph.outputs[0]], shape=(1, 1))
    assert not is_classifier(replace(graph, tensors=tuple(tensors)))
    tensors[graph.outputs[0]] = replace(tensors[graph.outputs[0]], dtype=DType.INT32)
    assert is_classifier(replace(graph, tensors=tuple(tensors)))
