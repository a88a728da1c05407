"""What the terminal shows of inspect."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from mcugen.report.escape import printable, shorten
from mcugen.report.tables import bullets, cell, shape, share, size, table
from mcugen.report.text import SHORT_BAR, WIDE_COLUMNS, share_of_whole
from mcugen.report.timeline import timeline_chart
from mcugen.report.view import BAD, GOOD, UNSURE, View, verdict
from mcugen.results import InspectResult, QuantizationInfo, TensorInfo

NAME_COLUMNS = 32
SHOWN_PEAK = 8


def inspect_view(result: InspectResult, columns: int) -> View:
    """Everything that is known before a build; `columns` is the terminal's width."""
    held = [board for board in result.boards if board.fits]
    line = (
        f"{result.name}: {len(result.operators)} operators, {result.macs:,} MACs, "
        f"{result.params:,} parameters, arena {result.arena_bytes:,} B"
    )
    if len(result.boards) == 1:
        line += f"; {result.boards[0].board}: {result.boards[0].verdict} (estimate)"
    elif result.boards:
        line += f"; fits {len(held)} of {len(result.boards)} boards (estimate)"
    body: list[RenderableType] = [_figures(result), _ends(result), _operators(result, columns)]
    body += [_chart(result, columns), _peak(result), _constants(result)]
    if result.boards:
        body.append(_boards(result))
    if result.notes:
        body.append(bullets("Notes on the model:", result.notes))
    good = None if len(result.boards) != 1 else result.boards[0].fits
    return View(verdict(good, printable(line)), tuple(body))


def _figures(result: InspectResult) -> RenderableType:
    source = result.sources.get
    bound = "optimal" if result.arena_optimal else "not proven optimal"
    arena = f"lower bound {result.arena_lower_bound_bytes:,} B, {bound}; {source('arena_bytes')}"
    rows = [
        ("model file", size(result.model_bytes), f"sha256 {result.model_sha256[:16]}"),
        ("MACs", result.macs, source("macs")),
        ("parameters", result.params, source("params")),
        ("weights", size(result.weights_bytes), source("weights_bytes")),
        ("constants in flash", size(result.constants_bytes), source("constants_bytes")),
        ("arena", size(result.arena_bytes), arena),
    ]
    packed = [t for t in result.tensors if t.packed]
    if packed:
        total = sum(t.size_bytes for t in packed)
        origin = f"{len(packed)} tensors of at most 16 codes, two to a byte"
        rows.append(("4-bit activations", size(total), origin))
    return table(result.model, ["=", ">figure", "source"], rows)


def _ends(result: InspectResult) -> RenderableType:
    by_index = {t.index: t for t in result.tensors}
    ends = [("input", by_index[i]) for i in result.inputs]
    ends += [("output", by_index[i]) for i in result.outputs]
    rows = [
        (kind, shorten(t.name, NAME_COLUMNS), f"{t.dtype} {shape(t.shape)}", quantization_text(t))
        for kind, t in ends
    ]
    return table("Inputs and outputs", ["=", "name", "=type", "quantization"], rows)


def quantization_text(tensor: TensorInfo) -> str:
    """A tensor's quantization in words."""
    q: QuantizationInfo | None = tensor.quantization
    if q is None:
        return "none"
    if q.axis is not None:
        low, high = min(q.scales), max(q.scales)
        return f"per channel (axis {q.axis}): {len(q.scales)} scales, {low:.3g} to {high:.3g}"
    return f"scale {q.scales[0]:.6g}, zero point {q.zero_points[0]}"


def _operators(result: InspectResult, columns: int) -> RenderableType:
    packed = {t.index for t in result.tensors if t.packed}
    rows: list[list[object]] = [
        [
            o.index,
            o.op,
            ("int4 " if packed.intersection(o.outputs) else "") + shape(o.output_shape),
            o.macs or None,
            share_of_whole(o.macs, result.macs, SHORT_BAR) if o.macs else None,
            o.params or None,
            size(o.live_bytes),
        ]
        for o in result.operators
    ]
    head = [">#", "=operator", "output", ">MACs", "=share", ">params", ">live"]
    if columns >= WIDE_COLUMNS:
        head.append("=kernel")
        for row, o in zip(rows, result.operators, strict=True):
            row.append(o.kernel)
    return table("Operators, in order of execution", head, rows)


def _chart(result: InspectResult, columns: int) -> RenderableType:
    title = "Memory in use, step by step (live bytes; static)\n"
    return Text.assemble((title, "bold"), timeline_chart(result.timeline, columns))


def _peak(result: InspectResult) -> RenderableType:
    peak = result.timeline.peak
    rows = [
        (
            shorten(", ".join(bar.tensors) or bar.name, 2 * NAME_COLUMNS),
            size(bar.offset_bytes),
            size(bar.size_bytes),
            share_of_whole(bar.size_bytes, result.timeline.peak_bytes),
        )
        for bar in peak[:SHOWN_PEAK]
    ]
    if len(peak) > SHOWN_PEAK:
        rest = peak[SHOWN_PEAK:]
        total = sum(bar.size_bytes for bar in rest)
        rows.append((f"{len(rest)} smaller ones", cell(None), size(total), cell(None)))
    return table("What makes the peak", ["buffer", ">offset", ">bytes", "=share"], rows)


def _constants(result: InspectResult) -> RenderableType:
    rows = [
        (
            t.index,
            shorten(t.name, NAME_COLUMNS),
            f"{t.dtype} {shape(t.shape)}",
            size(t.size_bytes),
            quantization_text(t),
        )
        for t in result.tensors
        if t.kind == "constant"
    ]
    return table("Constants", [">#", "name", "=type", ">bytes", "quantization"], rows)


def _boards(result: InspectResult) -> RenderableType:
    rows = [
        (
            b.board,
            b.core,
            share(b.flash_bytes, b.flash_limit_bytes, SHORT_BAR),
            share(b.ram_bytes, b.ram_limit_bytes, SHORT_BAR),
            Text(printable(b.verdict), {True: GOOD, False: BAD, None: UNSURE}[b.fits]),
        )
        for b in result.boards
    ]
    return table(
        f"Boards: {result.sources['boards']}",
        ["=board", "=core", "=flash", "=RAM", "verdict"],
        rows,
    )
