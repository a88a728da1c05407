"""What the terminal shows of build, run, verify and profile: the verdict first."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable, shorten
from mcugen.report.tables import bullets, cell, percent, shape, share, size, table
from mcugen.report.view import View, verdict
from mcugen.results import (
    BuildResult,
    Divergence,
    OutputValue,
    ProfileResult,
    RunResult,
    VerifyResult,
)

NAME_COLUMNS = 36
SHOWN_VALUES = 6
SHORT_BAR = 5
WIDE_COLUMNS = 110
PROFILE_COLUMNS = 98
"""What a profile takes without the names of the outputs."""
SHOWN_INFERENCES = 20
SHOWN_ARENA_PARTS = 4
"""Of each kind; JSON has all."""


def build_view(result: BuildResult) -> View:
    """Flash, RAM, arena and stack against the board's; on a refusal what makes it too big."""
    body: list[RenderableType] = [_figures(result)]
    if len(result.regions) > 2:  # two regions say what flash and RAM have said
        rows = [
            (r.name, r.kind, size(r.used_bytes), size(r.length_bytes), _region_share(r))
            for r in result.regions
        ]
        body.append(table("Memory regions", ["=region", "kind", ">used", ">of", "=share"], rows))
    if result.flash_parts:
        body.append(_flash_parts(result))
    if result.arena_parts:
        body.append(_arena_parts(result))
    if result.fits is False:
        if result.peak:
            body.append(_peak(result))
        if result.suggestions:
            body.append(bullets("Things to try:", result.suggestions))
    if result.notes:
        body.append(bullets("Notes on the model:", result.notes))
    if result.fits is not False:
        body.append(_next_steps(result))
    return View(verdict(result.fits, printable(result.verdict)), tuple(body))


def _flash_parts(result: BuildResult) -> RenderableType:
    total = result.flash_bytes or 0
    rows = [
        (p.name, size(p.size_bytes), share_of_whole(p.size_bytes, total))
        for p in result.flash_parts
    ]
    return table("Flash by part (static, linker's map)", ["=part", ">bytes", "=share"], rows)


def _arena_parts(result: BuildResult) -> RenderableType:
    """The largest of each kind, and the sums of the others: those of the head share its memory."""
    rows: list[tuple[object, ...]] = []
    for kind in ("tensor", "scratch", "record"):
        parts = [p for p in result.arena_parts if p.kind == kind]
        parts.sort(key=lambda p: -p.size_bytes)
        rows += [
            (shorten(p.name, NAME_COLUMNS), kind, size(p.size_bytes), size(p.offset_bytes))
            for p in parts[:SHOWN_ARENA_PARTS]
        ]
        rest = parts[SHOWN_ARENA_PARTS:]
        if rest:
            rows.append((f"{len(rest)} more", kind, size(sum(p.size_bytes for p in rest)), None))
    title = "Arena by part (estimate)"
    return table(title, ["=part", "=kind", ">bytes", ">offset"], rows)


def _region_share(region: object) -> Text:
    return share(region.used_bytes, region.length_bytes)  # type: ignore[attr-defined]


def _figures(result: BuildResult) -> RenderableType:
    bound = "optimal" if result.arena_optimal else "not proven optimal"
    arena = f"lower bound {result.arena_lower_bound_bytes:,} B, {bound}"
    if result.arena_head_bytes is not None and result.arena_tail_bytes is not None:
        arena = f"head {result.arena_head_bytes:,} B, tail {result.arena_tail_bytes:,} B"
    source = result.sources.get
    rows = [
        (
            "flash",
            size(result.flash_bytes),
            size(result.flash_limit_bytes),
            share(result.flash_bytes, result.flash_limit_bytes),
            source("flash_bytes"),
        ),
        (
            "RAM",
            size(result.ram_bytes),
            size(result.ram_limit_bytes),
            share(result.ram_bytes, result.ram_limit_bytes),
            source("ram_bytes"),
        ),
        (
            "  arena",
            size(result.arena_bytes),
            None,
            arena,
            source("arena_bytes"),
        ),
        (
            "  stack bound",
            size(result.stack_bytes),
            size(result.stack_reserved_bytes),
            share(result.stack_bytes, result.stack_reserved_bytes),
            source("stack_bytes"),
        ),
        ("constants", size(result.constants_bytes), None, None, source("constants_bytes")),
        ("MACs", result.macs, None, None, source("macs")),
    ]
    title = f"{result.model} on {result.board}, runtime {result.runtime}"
    return table(title, ["=", ">used", ">of", "share", "source"], rows)


def _peak(result: BuildResult) -> RenderableType:
    rows = [
        (shorten(t.name, NAME_COLUMNS), shape(t.shape), size(t.size_bytes)) for t in result.peak
    ]
    title = f"Memory peaks at {result.peak_operator}: live there"
    return table(title, ["tensor", "=shape", ">bytes"], rows)


def _next_steps(result: BuildResult) -> RenderableType:
    text = Text.assemble(("Project: ", "bold"), printable(str(result.project_dir)))
    if result.elf is not None:
        text.append("\nImage:   ", "bold").append(printable(str(result.elf)))
    text.append("\nNext:    ", "bold")
    return text.append(
        f"mcugen flash {printable(str(result.project_dir))}, or there: pio run -t upload"
    )


def run_view(result: RunResult) -> View:
    """The outputs of every inference, shortened."""
    shown = list(zip(result.outputs, result.ticks, strict=True))[:SHOWN_INFERENCES]
    rows: list[tuple[object, ...]] = []
    for i, (outputs, ticks) in enumerate(shown):
        for value in outputs:
            rows.append(
                (
                    i,
                    shorten(value.name, NAME_COLUMNS),
                    f"{value.dtype} {shape(value.shape)}",
                    _largest(value),
                    _values(value),
                    ticks,
                )
            )
    source = result.sources.get("ticks", "")
    head = [">input", "output", "=type", ">largest", "values", f">{result.tick_unit} ({source})"]
    body: list[RenderableType] = [table("Outputs", head, rows)]
    if len(result.outputs) > SHOWN_INFERENCES:
        body.append(Text(f"... and {len(result.outputs) - SHOWN_INFERENCES} more inferences"))
    inputs = _plural(result.inputs, "input")
    return View(
        verdict(True, printable(f"ran {inputs} of {result.model} on {result.board}")), tuple(body)
    )


def _largest(value: OutputValue) -> Text:
    """The largest value and where it stands: the class, if the output is of a classifier."""
    values = value.values if value.values is not None else value.codes
    if len(values) < 2:
        return cell(None)
    at = max(range(len(values)), key=lambda i: values[i])
    return Text(f"{at}: {_number(values[at])}")


def _values(value: OutputValue) -> Text:
    shown = value.values if value.values is not None else value.codes
    words = [_number(v) for v in shown[:SHOWN_VALUES]]
    return Text(" ".join([*words, *(["..."] if len(shown) > SHOWN_VALUES else [])]))


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def verify_view(result: VerifyResult) -> View:
    """Whether every byte agrees; if not, where it first does not."""
    compared = (
        f"{_plural(result.inputs, 'input')}, {_plural(result.output_bytes, 'output byte')} "
        f"on {result.board} against {result.reference}"
    )
    if result.mismatches == 0:
        line = f"byte-exact: 0 differences in {compared}"
    else:
        line = f"{_plural(result.mismatches, 'byte')} of output differ: {compared}"
    body: list[RenderableType] = []
    if result.divergence is not None:
        body.append(_divergence(result.divergence))
    elif result.mismatches:
        body.append(Text("Every layer that can be compared agrees; the difference is behind them."))
    seed = "inputs from files" if result.seed is None else f"seed {result.seed}"
    origin = result.sources.get("mismatches", "")
    body.append(Text(f"{seed}; {origin}; model sha256 {result.model_sha256}", "dim"))
    return View(verdict(result.mismatches == 0, printable(line)), tuple(body))


def _divergence(first: Divergence) -> RenderableType:
    rows = [
        ("layer", f"{first.layer}: {first.op} '{shorten(first.name, 60)}'"),
        ("kernel", first.kernel),
        ("input", str(first.input_index)),
        ("differs", f"{first.differing_bytes:,} of {first.total_bytes:,} bytes"),
        (
            "first",
            f"byte {first.first_offset:,}: expected {first.expected}, found {first.found}",
        ),
    ]
    return table("The first layer that diverges", ["", ""], rows)


def profile_view(result: ProfileResult, columns: int) -> View:
    """Each layer's cost and its share of the whole; `columns` is the terminal's width."""
    on_board = result.instructions is None
    unit = "cycles" if on_board else "instructions"
    total = (result.cycles if on_board else result.instructions) or 0
    head = [">#", "=operator", "=kernel", ">MACs", f">{unit}", ">per MAC", "=share"]
    rows: list[list[object]] = []
    for layer in result.layers:
        cost = (layer.cycles if on_board else layer.instructions) or 0
        share_bar = share_of_whole(cost, total, SHORT_BAR)
        ratio = _per_mac(cost, layer.macs)
        rows.append(
            [layer.index, layer.op, layer.kernel, layer.macs or None, cost, ratio, share_bar]
        )
    if columns >= WIDE_COLUMNS:
        head.append("=output")
        room = min(NAME_COLUMNS, columns - PROFILE_COLUMNS)
        for row, layer in zip(rows, result.layers, strict=True):
            row.append(shorten(layer.name, room))
    source = result.sources.get(unit, "")
    line = f"{total:,} {unit} an inference ({source}), {result.macs:,} MACs"
    if result.macs:
        line += f", {total / result.macs:.2f} {unit} per MAC"
    return View(verdict(None, line), (table(f"{result.model} on {result.board}", head, rows),))


def share_of_whole(part: int, whole: int, columns: int = 10) -> Text:
    """A bar of a part, without a judgement."""
    if whole <= 0:
        return cell(None)
    filled = round(part * columns / whole)
    bar = Text.assemble(("█" * filled, "cyan"), ("░" * (columns - filled), "dim"))
    return bar.append(f" {percent(part / whole)}")


def _per_mac(cost: int, macs: int) -> Text:
    return Text(f"{cost / macs:.2f}") if macs else cell(None)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
