"""Every invalid file is refused, with the place at fault and something to do."""

from __future__ import annotations

import pytest

from mcugen.errors import InputRejected
from mcugen.tflite.builder import build
from mcugen.tflite.reader import read_model
from tests.fixtures_invalid import MODELS, stateful_record, tensors, valid_record


def test_what_the_defects_start_from_is_valid() -> None:
    assert read_model(build(valid_record()), "m").graph.operators[0].name == "CONV_2D"
    assert read_model(build(stateful_record()), "m").graph.variables[0].name == "history"


def test_there_are_many() -> None:
    assert len(MODELS) >= 40
    assert len({data for data, _ in MODELS.values()}) == len(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_refused_with_its_place(name: str) -> None:
    data, place = MODELS[name]
    with pytest.raises(InputRejected) as caught:
        read_model(data, f"{name}.tflite")
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f"{name}.tflite: ")
    assert place in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["\x1b[31m", "a\nb", "\u202eabc", "\ud800", "x" * 10_000])
def test_hostile_names_are_shown_harmless(name: str) -> None:
    model = valid_record()
    tensors(model)[3].update(name=name, shape=[1, 4, 4, 2])
    with pytest.raises(InputRejected) as caught:
        read_model(build(model), name)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 700
