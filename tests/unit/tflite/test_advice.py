"""What users are told about operators that are not supported."""

from __future__ import annotations

import pytest

from mcugen.ir.support import OPERATORS_HINT
from mcugen.tflite.advice import ADVICE, advice_on
from mcugen.tflite.schema import schema


@pytest.mark.parametrize(
    ("unknown", "advice"),
    [
        (["TRANSPOSE_CONV"], "Conv2DTranspose"),
        (["WHILE"], "unroll=True"),
        (["CONV_3D"], "end the model before them"),
        (["CUSTOM 'FlexErf'"], "SELECT_TF_OPS"),
        (["CUSTOM 'Mine'"], "custom layers"),
    ],
)
def test_advice(unknown: list[str], advice: str) -> None:
    lines = advice_on(unknown).splitlines()
    assert len(lines) == 2
    assert advice in lines[0] and lines[1] == OPERATORS_HINT


def test_advice_is_given_once() -> None:
    assert advice_on(["ELU", "GELU", "TILE"]).count("activations") == 1


def test_names_are_the_schemas() -> None:
    assert set(ADVICE) <= set(schema().names["BuiltinOperator"].values())
