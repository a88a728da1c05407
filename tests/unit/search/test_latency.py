"""Latency models: fitted, written, read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.boards import load_board
from mcugen.errors import InputRejected
from mcugen.search.latency import (
    Label,
    LatencyModel,
    Rate,
    Sample,
    Unit,
    check_board,
    check_covers,
    features_of,
    fit,
    non_negative_least_squares,
    read_latency,
    write_latency,
)
from mcugen.search.spaces import load_space
from mcugen.train.spec import Bits

TRUE = {
    "convolution": Rate(1.5, 20.0, 900.0),
    "depthwise": Rate(4.0, 11.0, 500.0),
    "pointwise": Rate(0.9, 7.0, 400.0),
    "average_pool": Rate(0.0, 30.0, 300.0),
}


def samples(count: int, noise: float = 0.0) -> list[Sample]:
    space = load_space("kws")
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        features = features_of(space.architecture(space.sample(rng)))
        taken = LatencyModel("b", "aot", "instructions", "emulator", TRUE, 1.0, 0).of(features)
        found.append(Sample(features, taken * (1 + noise * rng.normal())))
    return found


def test_what_made_the_samples_is_found() -> None:
    model = fit(samples(60), "qemu_m4", "aot", "instructions", "emulator")
    assert model.r2 > 0.999999 and model.samples == 60
    assert model.rates["pointwise"].macs == pytest.approx(0.9, rel=1e-3)
    for sample in samples(5):
        assert model.of(sample.features) == pytest.approx(sample.latency, rel=1e-6)


def test_noise_is_borne_and_rates_are_not_negative() -> None:
    model = fit(samples(60, 0.03), "qemu_m4", "aot", "instructions", "emulator")
    assert 0.95 < model.r2 < 1
    assert all(min(vars(rate).values()) >= 0 for rate in model.rates.values())


def test_too_few_samples() -> None:
    with pytest.raises(InputRejected, match="4 samples cannot tell"):
        fit(samples(4), "qemu_m4", "aot", "instructions", "emulator")


def test_least_squares_obey_the_conditions_of_an_optimum() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        matrix, target = rng.normal(size=(12, 5)), rng.normal(size=12)
        x = non_negative_least_squares(matrix, target)
        slope = matrix.T @ (target - matrix @ x)
        assert (x >= 0).all()
        assert np.abs(slope[x > 0]).max(initial=0) < 1e-8
        assert slope[x == 0].max(initial=-1) < 1e-8


def test_a_file_comes_back(tmp_path: Path) -> None:
    model = fit(samples(40, 0.01), "qemu_m4", "aot", "instructions", "emulator")
    write_latency(model, tmp_path / "latency.json")
    assert read_latency(tmp_path / "latency.json") == model


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": "other"}, "format must be"),
        ({"version": 2}, "version must be 1"),
        ({"unit": "hours"}, "unit must be instructions or"),
        ({"label": "guess"}, "label must be"),
        ({"board": 3}, "board must be a name"),
        ({"rates": {}}, "rates must be an object"),
        ({"rates": {"conv": {"macs": -1.0}}}, r"rates\['conv'\].macs must be a number"),
        ({"rates": {"conv": {"speed": 1.0}}}, r"rates\['conv'\] must hold"),
        ({"rates": {"conv": {"macs": True}}}, "must be a number"),
        ({"r2": "high"}, "r2 must be a number"),
        ({"samples": None}, "samples must be a number"),
    ],
)
def test_bad_files(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    write_latency(fit(samples(40), "qemu_m4", "aot", "instructions", "emulator"), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputRejected, match=problem) as caught:
        read_latency(path)
    assert "characterize" in caught.value.hint


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="cannot read"):
        read_latency(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("text")
    with pytest.raises(InputRejected, match="no JSON"):
        read_latency(tmp_path / "text.json")


def test_a_space_needs_rates_of_all_its_layers() -> None:
    model = fit(samples(40), "qemu_m4", "aot", "instructions", "emulator")
    check_covers(model, load_space("kws_strided"))
    for space, missing in (
        (load_space("vww"), "no rates of add, which"),
        (load_space("kws").with_bits(Bits(4, 8), Bits(8, 8)), r"depthwise w4a8, pointwise w4a8"),
    ):
        with pytest.raises(InputRejected, match=missing):
            check_covers(model, space)


def test_a_model_tells_of_its_own_board_or_core() -> None:
    def measured(board: str, label: Label) -> LatencyModel:
        unit: Unit = "instructions" if label == "emulator" else "microseconds"
        return LatencyModel(board, "aot", unit, label, {}, 1.0, 0)

    check_board(measured("qemu_m4", "emulator"), load_board("nucleo_f446re"))
    check_board(measured("nucleo_f446re", "board"), load_board("nucleo_f446re"))
    for model in (
        measured("qemu_m55", "emulator"),
        measured("disco_f407vg", "board"),
        measured("somebody's", "emulator"),
    ):
        with pytest.raises(InputRejected, match="does not tell of nucleo_f446re"):
            check_board(model, load_board("nucleo_f446re"))
