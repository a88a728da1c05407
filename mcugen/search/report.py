"""report.json, report.html and report.txt of a search. Needs no TensorFlow."""

from __future__ import annotations

import json
from typing import Any

from mcugen.output_file import write_output
from mcugen.report.search_page import search_page
from mcugen.report.text_search import search_view
from mcugen.report.view import plain
from mcugen.results import as_json
from mcugen.search.results import SearchResult
from mcugen.version import VERSION


def write_report(result: SearchResult, options: dict[str, Any]) -> None:
    """Writes the files into the search's folder; `options` is what was asked for."""
    document = {"mcugen": VERSION, "options": as_json(options)} | as_json(result)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_output(result.folder / "report.json", text.encode())
    write_output(result.folder / "report.html", search_page(result).encode())
    write_output(result.folder / "report.txt", plain(search_view(result)).encode())
