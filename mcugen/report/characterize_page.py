"""What characterize writes: plot.svg, report.json, report.html and report.txt."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from markupsafe import Markup

from mcugen.output_file import write_output
from mcugen.report.html import environment
from mcugen.report.scatter import Axis, Point, Series, scatter_svg
from mcugen.report.text_characterize import characterize_view, line_text
from mcugen.report.view import plain
from mcugen.results import as_json
from mcugen.search.characterization import CharacterizeResult
from mcugen.version import VERSION

LINE_POINTS = 60


def write_report(result: CharacterizeResult, options: dict[str, Any]) -> None:
    """Writes the files into the result's folder; `options` is what was asked for."""
    plot = draw(result)
    document = {"mcugen": VERSION, "options": options} | as_json(result)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_output(result.plot, plot.encode())
    write_output(result.folder / "report.json", text.encode())
    write_output(result.folder / "report.html", characterize_page(result, plot).encode())
    write_output(result.folder / "report.txt", plain(characterize_view(result)).encode())


def draw(result: CharacterizeResult) -> str:
    """What networks took against their operations, and the line, as SVG."""
    line = result.line
    points = [
        Point(n.ops, n.taken, f"network {n.number}: {n.ops:,} ops, {n.taken:,.0f} {result.unit}")
        for n in result.networks
    ]
    ends = max(result.ops_least, 1), max(result.ops_most, 2)
    fitted = [Point(x, line.slope * x + line.intercept) for x in np.geomspace(*ends, LINE_POINTS)]
    return scatter_svg(
        [
            Series(f"{result.space}, {result.samples} networks", points),
            Series(f"r² = {line.r2:.4f}", fitted, line=True),
        ],
        Axis("operations", log=True),
        Axis(f"{result.unit} ({result.label}: {result.board}, {result.runtime})", log=True),
    )


def characterize_page(result: CharacterizeResult, plot: str) -> str:
    """The page's HTML; `plot` is a drawing of ours."""
    return (
        environment()
        .get_template("characterize.html.j2")
        .render(r=result, plot=Markup(plot), line=line_text(result), version=VERSION)
    )
