"""What the terminal shows of search."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable, shorten
from mcugen.report.tables import bullets, cell, shape, share, table
from mcugen.report.view import View, verdict
from mcugen.search.results import LayerRow, RankedCandidate, SearchResult

NAME_COLUMNS = 40

BUDGETS = {
    "ops": "operations",
    "sram_bytes": "SRAM: arena",
    "flash_bytes": "flash: image",
    "latency": "latency",
}
"""What budgets are called; `SearchResult.sources` has the same keys, but for the arena's."""


def search_view(result: SearchResult) -> View:
    """The budgets, the layers found, and what they were preferred to."""
    body: list[RenderableType] = [_budgets(result), _layers(result), _candidates(result)]
    if result.baselines:
        body.append(_baselines(result))
    if result.notes:
        body.append(bullets("Notes:", result.notes))
    body.append(Text.assemble(("Report: ", "bold"), printable(str(result.folder / "report.html"))))
    return View(verdict(result.within_budgets, printable(_verdict(result))), tuple(body))


def source_of(result: SearchResult, budget: str) -> str:
    """Where the figure comes from that a budget bounds."""
    return result.sources["arena_bytes" if budget == "sram_bytes" else budget]


def _verdict(result: SearchResult) -> str:
    kept = "within all budgets" if result.within_budgets else "not within the budgets"
    line = f"wrote {result.arch}: {kept} on {result.board}"
    if result.accuracy is not None:
        line += f", {result.metric} {_percent(result.accuracy)} after a short training"
    return f"{line}, on synthetic data" if result.synthetic else line


def _budgets(result: SearchResult) -> RenderableType:
    rows = []
    for name, found in result.measured.items():
        budget = result.budgets[name]
        part = None if found is None else round(found)
        expected = round(result.expected[name])
        bar = share(part, round(budget))
        row = (BUDGETS[name], part, round(budget), bar, expected, source_of(result, name))
        rows.append(row)
    columns = ["=", ">found", ">budget", "used", ">expected by the search", "source"]
    return table("Budgets", columns, rows)


def _layers(result: SearchResult) -> RenderableType:
    rows = [
        (
            shorten(layer.name, NAME_COLUMNS),
            _operator(layer),
            "×".join(map(str, layer.shape)) if layer.channels else Text("left out", "dim"),
            share(layer.channels, layer.widest_channels),
            layer.macs,
            f"w{layer.weight_bits}a{layer.activation_bits}",
        )
        for layer in result.layers
    ]
    columns = ["=layer", "=operator", "=output", "=of the widest", ">MACs", "=bits"]
    return table(f"Layers: {result.params:,} parameters", columns, rows)


def _operator(layer: LayerRow) -> str:
    return layer.kind if layer.kernel == (1, 1) else f"{layer.kind} {shape(layer.kernel)}"


def _candidates(result: SearchResult) -> RenderableType:
    rows: list[tuple[object, ...]] = [
        (
            Text("→" if candidate.chosen else ""),
            candidate.origin,
            candidate.changes,
            candidate.ops,
            candidate.sram_bytes,
            candidate.flash_bytes,
            candidate.epochs or None,
            _score(candidate.score),
        )
        for candidate in result.candidates
    ]
    columns = ["=", "decoded by", ">repairs", ">ops", ">SRAM", ">flash", ">epochs"]
    title = f"Candidates, with predicted costs: {compared_by(result.candidates)}"
    return table(title, [*columns, f">{result.metric}"], rows)


def _baselines(result: SearchResult) -> RenderableType:
    rows = [(b.name, b.ops, b.params, _score(b.score)) for b in result.baselines]
    columns = ["network", ">ops", ">parameters", f">{result.metric}"]
    return table("All trained from scratch, equally long; validation examples", columns, rows)


def compared_by(candidates: tuple[RankedCandidate, ...]) -> str:
    """How candidates were compared."""
    if not any(candidate.epochs for candidate in candidates):
        return "not compared by training"
    return "trained from scratch, the better ones longer; validation examples"


def _score(score: float | None) -> Text:
    return cell(None if score is None else _percent(score))


def _percent(part: float) -> str:
    return f"{100 * part:.2f} %"
