"""Bits, layer by layer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.train.spec import EXAMPLE, Bits, QuantizationSpec, parse_bits, spec_from_json


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("8", Bits(8, 8)),
        ("w8a8", Bits(8, 8)),
        ("w4a8", Bits(4, 8)),
        ("w4a4", Bits(4, 4)),
        ("w8a4", Bits(8, 4)),
    ],
)
def test_short_forms(text: str, bits: Bits) -> None:
    assert parse_bits(text) == QuantizationSpec(bits)


def test_the_example_is_read_and_its_last_fitting_pattern_counts(tmp_path: Path) -> None:
    path = tmp_path / "mixed.json"
    path.write_text(EXAMPLE)
    spec = parse_bits(str(path))
    assert spec.bits_of("conv_0") == Bits(4, 4)
    assert spec.bits_of("classifier") == Bits(8, 8)
    assert spec.bits_of("ds_1.depthwise", depthwise=True) == Bits(4, 8)
    assert spec.bits_of("ibn_1.depthwise", depthwise=True) == Bits(8, 4)
    assert spec_from_json(json.loads(json.dumps(spec.to_json()))) == spec
    overridden = QuantizationSpec(Bits(8, 8), (("a*", Bits(4, 4)), ("a1", Bits(8, 4))))
    assert overridden.bits_of("a1") == Bits(8, 4)


def test_json_keeps_which_pattern_counts() -> None:
    layers = (("a1", Bits(4, 8)), ("a*", Bits(4, 4)), ("a1", Bits(8, 8)))
    spec = QuantizationSpec(Bits(8, 8), layers)
    again = spec_from_json(spec.to_json())
    assert [again.bits_of(name) for name in ("a1", "a2")] == [Bits(8, 8), Bits(4, 4)]


def test_a_pattern_for_no_layer_is_a_mistake() -> None:
    spec = QuantizationSpec(layers=(("conv*", Bits(4, 4)), ("clasifier", Bits(8, 8))))
    with pytest.raises(InputRejected, match="no layer is called 'clasifier'") as caught:
        spec.check_patterns(["conv_0", "classifier"])
    assert "conv_0, classifier" in caught.value.hint


@pytest.mark.parametrize("text", ["4", "w2a2", "", "w8a8 ", "mixed.txt"])
def test_unknown_bits(text: str) -> None:
    with pytest.raises(InputRejected, match="are not known"):
        parse_bits(text)


def test_a_missing_file() -> None:
    with pytest.raises(InputRejected, match=r"cannot read 'nowhere\.json'"):
        parse_bits("nowhere.json")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "no object"),
        ("{", "no file of bits"),
        ("[" * 100_000, "no file of bits"),
        ({"default": "w5a5"}, "'default' is 'w5a5'"),
        ({"default": 8}, "'default' is 8"),
        ({"defaults": "w8a8"}, "unknown field 'defaults'"),
        ({"layers": ["w8a8"]}, "'layers' is no object"),
        ({"layers": {"conv": None}}, "'conv' is None"),
        ({"depthwise_weights": 5}, "'depthwise_weights' is 5"),
        ({"depthwise_weights": [8]}, "'depthwise_weights' is"),
    ],
)
def test_malformed_files(content: object, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "mixed.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InputRejected, match=problem) as caught:
        parse_bits(str(path))
    assert EXAMPLE in caught.value.hint


def test_a_spec_tells_what_differs_from_its_default() -> None:
    assert str(parse_bits("8")) == "w8a8"
    layers = (("classifier", Bits(8, 8)), ("ds_*", Bits(4, 8)))
    spec = QuantizationSpec(Bits(4, 4), layers, depthwise_weights=8)
    assert str(spec) == "w4a4, classifier w8a8, ds_* w4a8, depthwise weights 8"
