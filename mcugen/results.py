"""What each verb returns: plain frozen data, one documented JSON object a verb.

`as_json` gives exactly what `--json` prints. Every figure's origin is in `sources`: static,
emulator, board or estimate.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcugen.plan.timeline import Timeline
from mcugen.runtimes.runtime import ArenaPart


def as_json(result: Any) -> Any:
    """A result as JSON-able data: dataclasses become objects, tuples lists, paths strings.

    JSON has no infinity and no NaN: such values become null.
    """
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {f.name: as_json(getattr(result, f.name)) for f in dataclasses.fields(result)}
    if isinstance(result, dict):
        return {str(k): as_json(v) for k, v in result.items()}
    if isinstance(result, list | tuple):
        return [as_json(v) for v in result]
    if isinstance(result, Path):
        return str(result)
    if isinstance(result, float) and not math.isfinite(result):
        return None
    return result


@dataclass(frozen=True)
class PeakTensor:
    """One tensor that is live at the step of peak memory."""

    name: str
    shape: tuple[int, ...]
    size_bytes: int


@dataclass(frozen=True)
class RegionUse:
    """One memory region of the board and what the image puts there."""

    name: str
    kind: str
    used_bytes: int
    length_bytes: int


@dataclass(frozen=True)
class FlashPart:
    """What one part of an image takes of flash: static, by the linker's map."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class BuildResult:
    """Outcome of `build`. Byte figures are None where nothing was compiled.

    `arena_bytes` and `macs` are static; flash, RAM and stack are static, read from the ELF.
    `verdict` is one sentence; `suggestions` say what to try when the model does not fit.
    `arena_source` says how the arena is known; its head (tensors and scratch) and tail (the
    interpreter's records) are None for a runtime without an interpreter, and `arena_parts`, which
    are reckoned, empty. `flash_parts` add up to the flash; there are none under a vendor's
    framework.
    """

    model: str
    board: str
    runtime: str
    project_dir: Path
    elf: Path | None
    fits: bool | None
    verdict: str
    flash_bytes: int | None
    flash_limit_bytes: int
    ram_bytes: int | None
    ram_limit_bytes: int
    arena_bytes: int
    arena_lower_bound_bytes: int
    arena_optimal: bool
    constants_bytes: int
    stack_bytes: int | None
    stack_reserved_bytes: int
    stack_path: tuple[str, ...]
    macs: int
    regions: tuple[RegionUse, ...]
    peak: tuple[PeakTensor, ...]
    peak_operator: str
    arena_head_bytes: int | None = None
    arena_tail_bytes: int | None = None
    arena_source: str = "static (memory plan)"
    arena_parts: tuple[ArenaPart, ...] = ()
    flash_parts: tuple[FlashPart, ...] = ()
    suggestions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputValue:
    """One output of one inference: raw codes, and real values where it is quantized."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    codes: list[Any]
    values: list[float] | None


@dataclass(frozen=True)
class RunResult:
    """Outcome of `run`: per inference, its outputs; `ticks` counts instructions on an emulator
    and cycles on a board, None where nothing counts."""

    model: str
    board: str
    inputs: int
    outputs: tuple[tuple[OutputValue, ...], ...]
    ticks: tuple[int | None, ...]
    tick_unit: str
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Divergence:
    """The first layer whose output differs from the reference."""

    input_index: int
    layer: int
    name: str
    op: str
    kernel: str
    differing_bytes: int
    total_bytes: int
    first_offset: int
    expected: int
    found: int


@dataclass(frozen=True)
class VerifyResult:
    """Outcome of `verify`. `mismatches` counts differing output bytes over all inputs."""

    model: str
    board: str
    reference: str
    inputs: int
    output_bytes: int
    mismatches: int
    divergence: Divergence | None
    seed: int | None
    model_sha256: str
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerProfile:
    """One layer's cost. `instructions` on an emulator, `cycles` on a board; the other is None."""

    index: int
    name: str
    op: str
    kernel: str
    macs: int
    instructions: int | None
    cycles: int | None


@dataclass(frozen=True)
class ProfileResult:
    """Outcome of `profile`: one inference, layer by layer.

    `optimize` is the level of the build, None for a vendor's own.
    """

    model: str
    model_sha256: str
    board: str
    optimize: str | None
    macs: int
    instructions: int | None
    cycles: int | None
    layers: tuple[LayerProfile, ...]
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuantizationInfo:
    """real = scale * (code - zero_point), per tensor, or along `axis` where it is not None."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of the program.

    `kind` is input, output, activation, constant or state. `offset_bytes` is its place in the
    arena and `first_step`..`last_step` the steps in which that place is taken (-1: inputs are
    written, the number of operators: outputs are read); None for constants.
    `packed` says that this is an int8 tensor of the file that never holds more than 16 codes, which
    the arena holds two to a byte: its codes and zero point are shifted to -8 .. 7.
    """

    index: int
    name: str
    kind: str
    shape: tuple[int, ...]
    dtype: str
    size_bytes: int
    offset_bytes: int | None
    first_step: int | None
    last_step: int | None
    quantization: QuantizationInfo | None
    packed: bool = False


@dataclass(frozen=True)
class PassedOver:
    """A better kernel than the chosen one, and why it cannot serve the layer."""

    kernel: str
    reason: str


@dataclass(frozen=True)
class OperatorInfo:
    """One layer of the program. `inputs` and `outputs` are tensor indices, -1 an absent input.

    `name` is that of its first output, `constants_bytes` what its weights take in the file and
    `live_bytes` the arena in use while it runs. `reason` says why this kernel. `instructions` (on
    an emulator) and `cycles` (on a board) are of the last profile of this very plan, else None.
    """

    index: int
    op: str
    name: str
    kernel: str
    macs: int
    params: int
    constants_bytes: int
    live_bytes: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    output_shape: tuple[int, ...]
    reason: str = ""
    passed_over: tuple[PassedOver, ...] = ()
    instructions: int | None = None
    cycles: int | None = None


@dataclass(frozen=True)
class BoardFit:
    """Whether a board can hold the model, estimated before a build.

    `flash_bytes` is constants plus a margin for code, `ram_bytes` arena plus a margin for stack
    and data. `fits` is None where only a build can tell.
    """

    board: str
    name: str
    core: str
    fits: bool | None
    verdict: str
    flash_bytes: int
    flash_limit_bytes: int
    ram_bytes: int
    ram_limit_bytes: int


@dataclass(frozen=True)
class InspectResult:
    """Outcome of `inspect`: what is in the model and what it will ask of a board.

    Kernels, constants and arena are those for `instruction_set`, a value of `mcugen.isa.Isa`.
    """

    model: str
    name: str
    description: str
    model_sha256: str
    model_bytes: int
    instruction_set: str
    macs: int
    params: int
    weights_bytes: int
    constants_bytes: int
    arena_bytes: int
    arena_lower_bound_bytes: int
    arena_optimal: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[OperatorInfo, ...]
    tensors: tuple[TensorInfo, ...]
    timeline: Timeline
    boards: tuple[BoardFit, ...]
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BoardInfo:
    """A board as `boards` shows it.

    `own_platform` tells that mcugen's bare-metal platform serves it; `default_framework` is the
    vendor's framework where it does not, `frameworks` all that `build --framework` takes.
    """

    id: str
    name: str
    kind: str
    core: str
    fpu: str | None
    dsp: bool
    mve: bool
    f_cpu_hz: int
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    regions: tuple[dict[str, Any], ...]
    own_platform: bool
    default_framework: str | None
    frameworks: tuple[str, ...]
    facts_from: dict[str, str]


@dataclass(frozen=True)
class BoardsResult:
    """Outcome of `boards`."""

    boards: tuple[BoardInfo, ...]


@dataclass(frozen=True)
class Check:
    """One thing that `doctor` looked for.

    `found` is its version or place, empty if it is missing; `hint` says how to get it. `required`
    things are those that building for a Cortex-M and running it in the emulator need.
    """

    name: str
    needed_for: str
    required: bool
    ok: bool
    found: str
    hint: str = ""


@dataclass(frozen=True)
class DoctorResult:
    """Outcome of `doctor`. `ok` if nothing that is required is missing."""

    ok: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class FlashResult:
    """Outcome of `flash`: the environment uploaded, and the end of what the uploader said."""

    project_dir: Path
    environment: str
    board: str
    port: str | None
    log: str


@dataclass(frozen=True)
class QuantizedLayer:
    """A layer with weights, rewritten or not. `index` is its number in the file.

    `scales` are the new ones, and `clips` the largest magnitude that each can express over the
    largest there was; both are empty where the weights stay. Signal to noise ratios in dB: of the
    weights, of the output if only this layer changes, and of the output in the rewritten network;
    infinite (null in JSON) without error.
    """

    index: int
    op: str
    name: str
    shape: tuple[int, ...]
    bits_before: int
    bits_after: int
    weights_bytes_before: int
    weights_bytes_after: int
    per_channel: bool
    scales: tuple[float, ...]
    clips: tuple[float, ...]
    weights_max_error: float
    weights_sqnr_db: float
    layer_sqnr_db: float
    network_sqnr_db: float


@dataclass(frozen=True)
class QuantizeResult:
    """Outcome of `quantize`. `weights_bytes` are those of the weights alone.

    `agreement` is the share of inputs for which the largest element of the output stays the same
    one, None without such an output; accuracies are None without labels. `seed` is None for inputs
    from files.
    """

    model: str
    output: Path
    weights: str
    layers: tuple[QuantizedLayer, ...]
    weights_bytes_before: int
    weights_bytes_after: int
    file_bytes_before: int
    file_bytes_after: int
    bias_correction: bool
    inputs: int
    seed: int | None
    output_sqnr_db: float
    agreement: float | None
    accuracy_before: float | None
    accuracy_after: float | None
    model_sha256: str
    output_sha256: str
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ComparedRuntime:
    """One runtime's side of `compare`.

    `build` is its account, also where it does not fit. `instructions`, those of one inference, and
    `verified` are None where nothing ran.
    """

    runtime: str
    build: BuildResult
    verified: VerifyResult | None
    instructions: int | None


@dataclass(frozen=True)
class CompareResult:
    """Outcome of `compare`: one model on one board with every runtime.

    `ran_on` is the emulated board that counted and compared: the board itself, or one with its
    core; None where there is none.
    """

    model: str
    model_sha256: str
    board: str
    ran_on: str | None
    runtimes: tuple[ComparedRuntime, ...]
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PackInfo:
    """One CMSIS-Pack; `sha256` is that of its contents.

    `status` is `pinned` (the version that mcugen installs), `accepted`, `wrong version`, or `other`
    for a pack that the tflm runtime does not use.
    """

    vendor: str
    name: str
    version: str
    sha256: str
    folder: Path
    components: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class PacksResult:
    """Outcome of `packs`: what is in the folder, and what the tflm runtime lacks."""

    folder: Path
    packs: tuple[PackInfo, ...]
    missing: tuple[str, ...]
