"""Metadata: what a file says of its making survives, and says nothing that it should not."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.tflite.builder import build
from mcugen.tflite.metadata import LIMIT_BYTES, origin, pack, unpack
from mcugen.tflite.reader import read_model
from mcugen.tflite.verifier import verify
from mcugen.tflite.writer import write_model
from mcugen.version import VERSION
from tests.fixtures_invalid import valid_record


def test_entries_survive() -> None:
    graph = read_model(build(valid_record()), "m").graph
    data = write_model(graph, metadata={"a": b"one", "b": b"", **pack({"report_sha256": "ff"})})
    found = verify(data).metadata
    assert found["a"].tobytes() == b"one"
    assert found["b"].size == 0
    assert unpack(found) == {"version": VERSION, "report_sha256": "ff"}
    assert read_model(data, "m").notes == (
        f"written by mcugen: report_sha256 ff, version {VERSION}",
    )


def test_without_metadata_nothing_is_written_or_said() -> None:
    graph = read_model(build(valid_record()), "m").graph
    assert write_model(graph) == write_model(graph, metadata={})
    assert read_model(write_model(graph), "m").notes == ()


@pytest.mark.parametrize(
    "text",
    [b"", b"[" * 3000, b"\xff", b"5", b'["a"]', b"{}", b"{" + b" " * LIMIT_BYTES + b'"a": 1}'],
)
def test_what_is_no_object_is_passed_over(text: bytes) -> None:
    entries = {"mcugen": np.frombuffer(text, np.uint8)}
    assert unpack(entries) == {}
    assert origin(entries) == ()


def test_notes_are_printable_and_short() -> None:
    text = b'{"\\u001b[31m": "\\n\\u202e", "long": "' + b"x" * 2000 + b'"}'
    (note,) = origin({"mcugen": np.frombuffer(text, np.uint8)})
    assert note.isprintable()
    assert len(note) < 400
