"""arch.json, written, read and hostile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.architecture import (
    architecture_from_json,
    architecture_to_json,
    names,
    read_architecture,
    write_architecture,
)
from mcugen.errors import InputRejected, McugenError

Content = dict[str, Any]


def test_written_architectures_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "arch.json"
    for name in names():
        write_architecture(read_architecture(name), path)
        assert read_architecture(path) == read_architecture(name)
    assert [file.name for file in tmp_path.iterdir()] == ["arch.json"]


def test_a_file_is_a_block_a_line(tmp_path: Path) -> None:
    path = tmp_path / "arch.json"
    write_architecture(read_architecture("micronet_kws_s"), path)
    lines = path.read_text().splitlines()
    assert '    {"block": "conv", "channels": 84, "kernel": [10, 4]},' in lines
    assert '    {"block": "ds", "channels": 112, "stride": [2, 2]},' in lines
    assert '    {"block": "classifier", "kind": "conv"}' in lines


def test_writing_where_no_folder_is(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="cannot write"):
        write_architecture(read_architecture("digits"), tmp_path / "none" / "arch.json")


def changed(change: Callable[[Content], object]) -> Content:
    content: Content = json.loads(
        json.dumps(architecture_to_json(read_architecture("micronet_kws_s")))
    )
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("format"), "format must be 'mcugen-architecture', and is None"),
        (lambda c: c.update(version=True), "version must be 1, and is True"),
        (lambda c: c.update(version=2), "version must be 1, and is 2"),
        (lambda c: c.update(name="../x"), r"name must be letters.* and is '../x'"),
        (lambda c: c.pop("name"), "name is missing"),
        (lambda c: c.update(title="x"), "title is unknown"),
        (lambda c: c.update(output=1), "output is unknown: is outputs meant"),
        (lambda c: c.update(input=[49, 10]), r"input must be .* is \[49, 10\]"),
        (lambda c: c.update(input=[49, 10, 10**400]), r"input must be .* a huge number"),
        (lambda c: c.update(outputs=12.0), "outputs must be a whole number from 1 to 4096, and is"),
        (lambda c: c.update(outputs=-1), "outputs must be a whole number from 1 to 4096, and is"),
        (lambda c: c.update(activation="gelu"), "activation must be 'relu' or 'relu6', and is"),
        (lambda c: c.pop("blocks"), "blocks must be a list of 1 to 256"),
        (lambda c: c.update(blocks=[{}] * 257), "blocks must be a list of 1 to 256"),
        (lambda c: c.update(blocks=[]), "blocks must be 1 to 256"),
        (lambda c: c["blocks"].insert(0, 7), r"blocks\[0\] must be an object, and is 7"),
        (lambda c: c["blocks"][0].update(block="lstm"), r"blocks\[0\].block must be .* is 'lstm'"),
        (lambda c: c["blocks"][1].pop("channels"), r"blocks\[1\]\.channels \(ds\) is missing"),
        (lambda c: c["blocks"][1].update(strides=2), r"blocks\[1\]\.strides \(ds\) is unknown: is"),
        (lambda c: c["blocks"][1].update(stride=2), r"blocks\[1\]\.stride \(ds\) must be \[height"),
        (lambda c: c["blocks"][1].update(stride=[0, 1]), r"blocks\[1\]\.stride \(ds\) must be \[h"),
        (lambda c: c["blocks"][1].update(channels=None), r"blocks\[1\]\.channels \(ds\) must be a"),
        (
            lambda c: c["blocks"][1].update(weight_bits=5),
            r"blocks\[1\]\.weight_bits \(ds\) must be",
        ),
        (
            lambda c: c["blocks"][1].update({"\x1b[2J": 1}),
            r"blocks\[1\]\.\\x1b\[2J \(ds\) is unkno",
        ),
        (lambda c: c["blocks"].pop(), "blocks must end with a classifier"),
    ],
)
def test_wrong_files_name_block_and_field(
    change: Callable[[Content], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "arch.json"
    path.write_text(json.dumps(changed(change)))
    with pytest.raises(InputRejected, match=rf"arch\.json: .*{message}"):
        read_architecture(path)


@pytest.mark.parametrize("text", ["", "[", "\x00", "[" * 100_000, "{" + " " * (1 << 20)])
def test_files_that_are_not_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "arch.json"
    path.write_text(text)
    with pytest.raises(InputRejected, match=r"arch\.json"):
        read_architecture(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", Path("/dev/zero")):
        with pytest.raises(InputRejected, match="there is no such file"):
            read_architecture(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(data=st.data())
def test_any_value_anywhere_is_taken_or_rejected(data: st.DataObject) -> None:
    content = changed(lambda _: None)
    place: Any = data.draw(st.sampled_from([content, *content["blocks"]]))
    place[data.draw(st.sampled_from([*place, "kernel", "residual"]))] = data.draw(json_values)
    try:
        architecture_from_json(content)
    except InputRejected as error:
        assert error.message.isprintable()
