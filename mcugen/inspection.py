"""`inspect`: what is in a model, how its memory is planned, and which boards may hold it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import mcugen.profiles as profiles
from mcugen.boards import Board, list_boards, load_board
from mcugen.building import default_folder
from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor
from mcugen.isa import Isa
from mcugen.model import Model, load
from mcugen.passes.channel_ranges import WEIGHTED
from mcugen.results import (
    BoardFit,
    InspectResult,
    OperatorInfo,
    PassedOver,
    ProfileResult,
    QuantizationInfo,
    TensorInfo,
)
from mcugen.runtimes.aot.lowered import Layer, Program

CODE_MARGIN_BYTES = 16 * 1024
"""What kernels, start-up code and the generated calls take at most, by estimate."""

DATA_MARGIN_BYTES = 1024
"""What the firmware's own variables take, beside arena and stack, by estimate."""

NO_KERNEL = "needs no code: the output is the input's bytes under another shape"

SOURCES = {
    "macs": "static (shapes)",
    "params": "static (constants of the file)",
    "weights_bytes": "static (constants of the file)",
    "constants_bytes": "static (packed arrays)",
    "arena_bytes": "static (memory plan)",
    "timeline": "static (memory plan)",
    "boards": "estimate (constants + 16 KiB of code; arena + stack + 1 KiB of data)",
}


def inspect(model: str | Path, boards: Sequence[str | Path] = ()) -> InspectResult:
    """Reads and plans a model without writing anything.

    `boards` are ids or board files, all known boards by default. Kernels are those for the first
    one that is named, with what `profile` counted on it last; for the DSP extension if none is.
    Raises InputRejected for a model or a board that is not acceptable.
    """
    loaded = load(model)
    if not boards:
        return inspect_loaded(loaded, list_boards())
    chosen = [load_board(b) for b in boards]
    folder = default_folder(loaded.prefix, chosen[0])
    found = profiles.find(folder, loaded, chosen[0])
    return inspect_loaded(loaded, chosen, chosen[0].isa, found)


def inspect_loaded(
    model: Model,
    boards: Iterable[Board],
    isa: Isa = Isa.DSP,
    profile: ProfileResult | None = None,
) -> InspectResult:
    """`inspect` for a model that is loaded already, planned for one instruction set.

    `profile` is of the same plan.
    """
    program = model.program(isa)
    params = _parameters(model.graph)
    return InspectResult(
        model=str(model.path),
        name=model.path.stem,
        description=model.graph.description,
        model_sha256=model.sha256,
        model_bytes=len(model.data),
        instruction_set=isa.value,
        macs=program.graph.macs,
        params=sum(t.elements for t in params),
        weights_bytes=sum(t.size_bytes for t in params),
        constants_bytes=program.constants_bytes,
        arena_bytes=program.arena_bytes,
        arena_lower_bound_bytes=program.lower_bound_bytes,
        arena_optimal=program.optimal,
        inputs=program.graph.inputs,
        outputs=program.graph.outputs,
        operators=_operators(program, profile),
        tensors=_tensors(program),
        timeline=program.timeline,
        boards=tuple(estimate_fit(model.program(board.isa), board) for board in boards),
        notes=model.notes,
        sources=SOURCES | _profile_source(profile),
    )


def _profile_source(profile: ProfileResult | None) -> dict[str, str]:
    if profile is None:
        return {}
    unit = "cycles" if profile.instructions is None else "instructions"
    level = f", -{profile.optimize}" if profile.optimize else ""
    return {unit: f"{profile.sources.get(unit)} (profile of {profile.board}{level})"}


def estimate_fit(program: Program, board: Board) -> BoardFit:
    """What a board would need, with margins; `fits` is None between sure and impossible."""
    least_flash, least_ram = program.constants_bytes, program.arena_bytes + board.stack_bytes
    flash, ram = least_flash + CODE_MARGIN_BYTES, least_ram + DATA_MARGIN_BYTES
    over = {"flash": least_flash - board.flash_bytes, "RAM": least_ram - board.ram_bytes}
    if over["RAM"] <= 0:
        over["the arena's RAM bank"] = program.arena_bytes - arena_bank_bytes(board)
    excess = [f"{name} by {size:,} B" for name, size in over.items() if size > 0]
    if excess:
        fits, verdict = False, f"too big: {' and '.join(excess)}"
    elif flash <= board.flash_bytes and ram <= board.ram_bytes:
        fits, verdict = True, "fits"
    else:
        fits, verdict = None, "close: build to know"
    return BoardFit(
        board=board.id,
        name=board.name,
        core=board.core,
        fits=fits,
        verdict=verdict,
        flash_bytes=flash,
        flash_limit_bytes=board.flash_bytes,
        ram_bytes=ram,
        ram_limit_bytes=board.ram_bytes,
    )


def arena_bank_bytes(board: Board) -> int:
    """The length of the region that the arena goes to; an arena cannot straddle two."""
    place = (board.manifest["mcugen"].get("placement") or {}).get("arena")
    return next((r.length_bytes for r in board.regions if r.name == place), board.ram_bytes)


def _parameters(operators: Iterable[Operands]) -> list[Tensor]:
    """The constants that were learned, each once."""
    found = {t: None for x in operators for t in x.inputs if t is not None and _is_parameter(x, t)}
    return list(found)


def _is_parameter(x: Operands, tensor: Tensor) -> bool:
    """Whether an operator's constant was learned; shapes, axes and paddings are plain integers."""
    if not tensor.is_constant:
        return False
    plain = tensor.quantization is None and tensor.dtype in (DType.INT32, DType.INT64)
    # A bias may do without a scale of its own: it follows from the weights' and the input's.
    return not plain or x.operator.name in WEIGHTED


def _operators(program: Program, profile: ProfileResult | None) -> tuple[OperatorInfo, ...]:
    operators = [
        _operator(i, layer, program.timeline.steps[i + 1].live_bytes)
        for i, layer in enumerate(program.layers)
    ]
    if profile is None:
        return tuple(operators)
    return tuple(
        replace(operator, instructions=cost.instructions, cycles=cost.cycles)
        for operator, cost in zip(operators, profile.layers, strict=True)
    )


def _operator(index: int, layer: Layer, live_bytes: int) -> OperatorInfo:
    x = layer.operands
    constants = _parameters([x])
    outputs = [t for t in x.outputs if t is not None]
    return OperatorInfo(
        index=index,
        op=x.operator.name,
        name=outputs[0].name if outputs else "",
        kernel=layer.kernel,
        macs=x.macs,
        params=sum(t.elements for t in constants),
        constants_bytes=sum(t.size_bytes for t in constants),
        live_bytes=live_bytes,
        inputs=x.operator.inputs,
        outputs=x.operator.outputs,
        output_shape=outputs[0].shape if outputs else (),
        reason=layer.reason if layer.steps else NO_KERNEL,
        passed_over=tuple(PassedOver(kernel, reason) for kernel, reason in layer.passed_over),
    )


def _tensors(program: Program) -> tuple[TensorInfo, ...]:
    """The tensors that take part, then the state variables (index -1)."""
    graph = program.graph
    producers, consumers = graph.producers(), graph.consumers()
    end = len(graph.operators)
    found = []
    for t in sorted({*graph.inputs, *graph.outputs, *producers, *consumers}):
        first = last = None
        if t in program.offsets:
            first = producers.get(t, -1)
            last = end if t in graph.outputs else max([first, *consumers.get(t, [])])
        found.append(_tensor(graph, t, program.offsets.get(t), first, last))
    for variable, offset in zip(graph.variables, program.state_offsets, strict=True):
        info = Tensor(variable.name, variable.shape, variable.dtype, variable.quantization)
        found.append(_info(-1, info, "state", offset, -1, end))
    return tuple(found)


def _tensor(
    graph: Graph, index: int, offset: int | None, first: int | None, last: int | None
) -> TensorInfo:
    tensor = graph.tensors[index]
    if tensor.is_constant:
        kind = "constant"
    elif index in graph.inputs:
        kind = "input"
    else:
        kind = "output" if index in graph.outputs else "activation"
    return _info(index, tensor, kind, offset, first, last)


def _info(
    index: int, tensor: Tensor, kind: str, offset: int | None, first: int | None, last: int | None
) -> TensorInfo:
    return TensorInfo(
        index=index,
        name=tensor.name,
        kind=kind,
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        size_bytes=tensor.size_bytes,
        offset_bytes=offset,
        first_step=first,
        last_step=last,
        quantization=_quantization(tensor.quantization),
        packed=kind == "activation" and tensor.dtype is DType.INT4,
    )


def _quantization(q: Quantization | None) -> QuantizationInfo | None:
    if q is None:
        return None
    return QuantizationInfo(q.scales, q.zero_points, q.axis if q.is_per_channel else None)
