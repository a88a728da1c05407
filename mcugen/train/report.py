"""report.json and report.html of a run. Needs no TensorFlow."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mcugen.output_file import write_output
from mcugen.report.train_page import train_page
from mcugen.results import as_json
from mcugen.train.results import TrainResult
from mcugen.version import VERSION


def sha256_of(record: dict[str, Any]) -> str:
    """The hash of a record: of its JSON, with sorted keys and without spaces."""
    text = json.dumps(as_json(record), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_report(result: TrainResult, record: dict[str, Any]) -> None:
    """Writes both files into the run's folder.

    report.json holds the result, and `record`: what was done and came out before the file was
    written, of which the file's metadata hold the hash.
    """
    document = {"mcugen": VERSION, "record": as_json(record)} | as_json(result)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    # The last file of a run: where it is, all the others are.
    write_output(result.folder / "report.html", train_page(result).encode())
    write_output(result.folder / "report.json", text.encode())
