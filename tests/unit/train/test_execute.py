"""Whole data sets through TFLM, and the comparison with what was to be computed."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.oracle import Oracle
from mcugen.reference import evaluate
from mcugen.tflite.reader import read_model
from mcugen.train.agreement import compare
from mcugen.train.execute import execute
from mcugen.train.export import export_model
from mcugen.train.network import Network
from tests.unit.train.networks import codes_of_input, ds_cnn, mobile_net

COUNT = 7


def features(network: Network, count: int = COUNT) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0.0, 12.0, (count, *network.activations[0].shape[1:])).astype(np.float32)


def test_outputs_are_tflms_in_order() -> None:
    network = ds_cnn(4, "relu4")
    data, x = export_model(network, softmax=False), features(network)
    seen: list[tuple[int, int]] = []
    outputs = execute(
        data, x, processes=3, progress=lambda _, done, total: seen.append((done, total))
    )
    assert seen == [(i + 1, COUNT) for i in range(COUNT)]
    oracle, logits = Oracle(data), network.activations[network.output]
    codes = codes_of_input(network, x)
    for sample, found in zip(codes, outputs, strict=True):
        (expected,) = oracle.run([sample[np.newaxis]])
        real = (expected[0].astype(np.float32) - logits.zero_point) * np.float32(logits.scale)
        np.testing.assert_array_equal(found, real)


def test_any_number_of_processes_gives_the_same() -> None:
    network = mobile_net(8, 8)
    data, x = export_model(network, softmax=True), features(network)
    one = execute(data, x, processes=1)
    assert one.shape == (COUNT, 3)
    np.testing.assert_allclose(one.sum(axis=1), 1.0, atol=0.02)
    np.testing.assert_array_equal(one, execute(data, x, processes=2))


def test_wrong_features_are_refused() -> None:
    network = ds_cnn(8, "relu8")
    data, x = export_model(network, softmax=False), features(network)
    with pytest.raises(InputRejected, match="shape"):
        execute(data, x[:, :-1])
    x[0, 0] = np.nan
    with pytest.raises(InputRejected, match="not finite"):
        execute(data, x)


def test_a_file_that_tflm_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ds_cnn(8, "relu8")
    data = export_model(network, softmax=False)
    monkeypatch.setattr("mcugen.train.execute.IsolatedOracle", _refusal)
    with pytest.raises(McugenError, match="TFLM refuses"):
        execute(data, features(network), processes=2)


def _refusal(_model: bytes) -> None:
    raise McugenError("TFLM refuses the model")


def test_agreement_counts_differing_codes() -> None:
    network = ds_cnn(4, "relu4")
    data = export_model(network, softmax=True)
    inputs = codes_of_input(network, features(network))
    graph = read_model(data, "m").graph
    values = [evaluate(graph, [sample[np.newaxis]], {}) for sample in inputs]
    codes = {
        a.name: np.concatenate([v[t] for v in values]) for t, a in enumerate(network.activations)
    }
    result = compare(codes, data, processes=2)
    assert result.examples == COUNT
    assert result.argmax == 1.0
    assert [layer.name for layer in result.layers] == [
        network.activations[layer.output].name for layer in network.layers
    ]
    assert {(layer.max_difference, layer.equal) for layer in result.layers} == {(0, 1.0)}

    name = network.activations[2].name
    codes[name] = codes[name].copy()
    codes[name].reshape(-1)[:2] += np.int8(3)
    logits = codes[network.activations[network.output].name]
    winner = logits[0].argmax()
    logits[0, winner] = -128
    result = compare(codes, data, processes=2)
    changed = next(layer for layer in result.layers if layer.name == name)
    assert (changed.op, changed.max_difference) == ("DEPTHWISE_CONV_2D", 3)
    assert changed.equal == 1 - 2 / codes[name].size
    assert result.argmax == (COUNT - 1) / COUNT
