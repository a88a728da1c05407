"""Results made by hand, for the tests of what shows them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from mcugen.plan.arena import allocate
from mcugen.plan.lifetimes import TensorUse, plan_lifetimes
from mcugen.plan.timeline import make_timeline
from mcugen.results import (
    BoardFit,
    BuildResult,
    ComparedRuntime,
    CompareResult,
    Divergence,
    FlashPart,
    InspectResult,
    LayerProfile,
    OperatorInfo,
    OutputValue,
    PassedOver,
    PeakTensor,
    ProfileResult,
    QuantizationInfo,
    QuantizedLayer,
    QuantizeResult,
    RegionUse,
    RunResult,
    TensorInfo,
    VerifyResult,
)

HOSTILE = "</title><script>alert(1)</script>[red]x[/red]\x1b[31mESC\nnext\u202eline"
"""What a model's author may put into a name."""


def inspect_result(name: str = "kws", blocks: int = 4, boards: bool = True) -> InspectResult:
    """A DS-CNN of 2 * `blocks` + 1 convolutions, whose names all contain `name`."""
    ops = ["CONV_2D", *["DEPTHWISE_CONV_2D", "CONV_2D"] * blocks]
    ops += ["AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    shapes: list[tuple[int, ...]] = [(1, 49, 10, 1), *[(1, 25, 5, 64)] * (2 * blocks + 1)]
    shapes += [(1, 1, 1, 64), (1, 64), (1, 12), (1, 12)]
    sizes = [_product(s) for s in shapes]
    names = [f"{name}/layer_{i}/Relu;{name}/layer_{i}/BiasAdd" for i in range(len(shapes))]
    uses = [
        TensorUse(n, size, i - 1, len(ops) if i == len(ops) else i)
        for i, (n, size) in enumerate(zip(names, sizes, strict=True))
    ]
    lifetimes = plan_lifetimes(uses, len(ops), [(len(ops) - 3, len(ops) - 2)], [])
    allocation = allocate(lifetimes.buffers, 4)
    timeline = make_timeline(uses, [], lifetimes, allocation)
    per_tensor = QuantizationInfo((0.0235,), (-128,), None)
    per_channel = QuantizationInfo(tuple(0.001 * (i + 1) for i in range(64)), (0,) * 64, 0)
    activations = [
        TensorInfo(
            i,
            n,
            "input" if i == 0 else "output" if i == len(ops) else "activation",
            shapes[i],
            "int8",
            sizes[i],
            allocation.offsets[lifetimes.buffer_of_tensor[i]],
            uses[i].producer_step,
            uses[i].last_step,
            per_tensor,
        )
        for i, n in enumerate(names)
    ]
    weights = TensorInfo(
        99,
        f"{name}/weights",
        "constant",
        (64, 10, 4, 1),
        "int8",
        2560,
        None,
        None,
        None,
        per_channel,
    )
    operators = tuple(
        OperatorInfo(
            i,
            op,
            names[i + 1],
            op.lower(),
            (320_000, 72_000, 512_000)[i % 3] if "CONV" in op else 0,
            2624 if "CONV" in op else 0,
            2816 if "CONV" in op else 0,
            timeline.steps[i + 1].live_bytes,
            (i, 99) if "CONV" in op else (i,),
            (i + 1,),
            shapes[i + 1],
            "a depth that is a multiple of four",
            (PassedOver("conv_best", f"the filter of {name} is 3×3"),),
            1_111_384,
        )
        for i, op in enumerate(ops)
    )
    flash, ram = 41_000, 19_000
    fits = (
        BoardFit(
            "disco_f746ng", "Discovery", "cortex-m7", True, "fits", flash, 1 << 20, ram, 320 << 10
        ),
        BoardFit(
            "qemu_m0", "micro:bit", "cortex-m0", False, "too big: RAM by 3,024 B",
            flash, 256 << 10, ram, 16 << 10,
        ),
        BoardFit(
            "uno_r9", name, "cortex-m4", None, "close: build to know",
            flash, 40_000, ram, 32 << 10,
        ),
    )  # fmt: skip
    return InspectResult(
        model="models/kws.tflite",
        name=name,
        description="",
        model_sha256="ab" * 32,
        model_bytes=53_936,
        instruction_set="dsp",
        macs=sum(o.macs for o in operators),
        params=24_908,
        weights_bytes=25_000,
        constants_bytes=25_376,
        arena_bytes=allocation.arena_bytes,
        arena_lower_bound_bytes=allocation.lower_bound_bytes,
        arena_optimal=allocation.optimal,
        inputs=(0,),
        outputs=(len(ops),),
        operators=operators,
        tensors=(*activations, weights),
        timeline=timeline,
        boards=fits if boards else (),
        notes=(f"tensor '{name}' has a quantized_dimension beyond its rank",),
        sources={
            "macs": "static (shapes)",
            "params": "static (file)",
            "weights_bytes": "static (file)",
            "constants_bytes": "static (packed arrays)",
            "arena_bytes": "static (memory plan)",
            "boards": "estimate (constants + 16 KiB of code; arena + stack + 1 KiB of data)",
            "instructions": "emulator (profile of qemu_m4, -O2)",
        },
    )


def build_result(fits: bool | None = True, name: str = "kws") -> BuildResult:
    """A build for an emulated Cortex-M4; without figures of the image if `fits` is None."""
    done = fits is not None
    return BuildResult(
        model=f"{name}.tflite",
        board="qemu_m4",
        runtime="aot",
        project_dir=Path("build/kws-qemu_m4"),
        elf=Path("build/kws-qemu_m4/.pio/build/qemu_m4/firmware.elf") if done else None,
        fits=fits,
        verdict={
            True: "fits qemu_m4",
            False: "does not fit qemu_m4: exceeds RAM by at least 3,024 bytes",
            None: "generated, not compiled",
        }[fits],
        flash_bytes=41_208 if done else None,
        flash_limit_bytes=4 << 20,
        ram_bytes=20_480 if done else None,
        ram_limit_bytes=(4 << 20) if fits else 16 << 10,
        arena_bytes=16_000,
        arena_lower_bound_bytes=16_000,
        arena_optimal=True,
        constants_bytes=25_376,
        stack_bytes=512 if done else None,
        stack_reserved_bytes=2048,
        stack_path=("main (80 bytes)", "kws_invoke (120 bytes)"),
        macs=2_656_768,
        regions=(
            RegionUse("FLASH", "flash", 41_208, 4 << 20),
            RegionUse("RAM", "ram", 20_480, 4 << 20),
        ),
        peak=(PeakTensor(f"{name}/conv", (1, 25, 5, 64), 8000),),
        peak_operator="CONV_2D (layer 3)",
        suggestions=("use a smaller input", "mcugen inspect kws.tflite  shows what fits"),
        notes=(),
        sources={"flash_bytes": "static (ELF segments)", "arena_bytes": "static (memory plan)"},
    )


def run_result(name: str = "kws") -> RunResult:
    """Two inferences of a classifier with three classes."""
    outputs = tuple(
        (OutputValue(f"{name}/Softmax", (1, 3), "int8", codes, [0.1, 0.2, 0.7]),)
        for codes in ([-100, -77, 51], [51, -77, -100])
    )
    return RunResult(
        "kws.tflite", "qemu_m4", 2, outputs, (7_000_001, 7_000_002), "instructions",
        {"ticks": "emulator"},
    )  # fmt: skip


def verify_result(mismatches: int = 0, name: str = "kws") -> VerifyResult:
    """A comparison on 20 inputs."""
    first = Divergence(2, 3, f"{name}/conv", "CONV_2D", "conv", 17, 8000, 5, 12, 13)
    return VerifyResult(
        "kws.tflite", "qemu_m4", "TFLM (tflite-micro wheel)", 20, 240, mismatches,
        first if mismatches else None, 0, "ab" * 32, {"mismatches": "emulator against reference"},
    )  # fmt: skip


def profile_result(name: str = "kws") -> ProfileResult:
    """Two layers."""
    layers = (
        LayerProfile(0, f"{name}/conv", "CONV_2D", "conv", 320_000, 1_111_384, None),
        LayerProfile(1, f"{name}/softmax", "SOFTMAX", "softmax", 0, 2_560, None),
    )
    return ProfileResult(
        "kws.tflite", "ab" * 32, "qemu_m4", "O2", 320_000, 1_113_944, None, layers,
        {"macs": "static", "instructions": "emulator"},
    )  # fmt: skip


def compare_result(
    name: str = "kws", mismatches: int = 0, fits: bool | None = True, ran: bool = True
) -> CompareResult:
    """Both runtimes; `mismatches` and `fits` are those of tflm."""
    first = build_result(True, name)
    second = replace(
        build_result(fits, name),
        runtime="tflm",
        flash_bytes=106_744 if fits else None,
        arena_bytes=22_832,
        arena_head_bytes=16_000,
        arena_tail_bytes=6_824,
        arena_source="emulator (qemu_m4)",
        flash_parts=(FlashPart("TFLM core", 11_253), FlashPart(f"{name} model", 53_936)),
    )
    runs = fits is not False and ran
    return CompareResult(
        model=f"{name}.tflite",
        model_sha256="ab" * 32,
        board="qemu_m4",
        ran_on="qemu_m4" if ran else None,
        runtimes=(
            ComparedRuntime("aot", first, verify_result(0, name) if ran else None, 3_527_110),
            ComparedRuntime(
                "tflm",
                second,
                verify_result(mismatches, name) if runs else None,
                7_696_756 if runs else None,
            ),
        ),
        notes=(f"a note on {name}",),
        sources={"flash_bytes": "static (ELF segments)", "instructions": "emulator (qemu_m4)"},
    )


def quantize_result(name: str = "kws") -> QuantizeResult:
    """Two layers, of which the first is rewritten."""
    layers = (
        QuantizedLayer(
            0, "CONV_2D", f"{name}/conv", (2, 3, 3, 1), 8, 4, 18, 9, True, (0.25, 0.5), (0.9, 1.0),
            0.1, 20.5, 21.25, 21.25,
        ),
        QuantizedLayer(
            1, "DEPTHWISE_CONV_2D", f"{name}/dw", (1, 3, 3, 2), 8, 8, 18, 18, True, (), (),
            0.0, math.inf, math.inf, 19.5,
        ),
    )  # fmt: skip
    return QuantizeResult(
        f"{name}.tflite", Path("small.tflite"), "int4", layers, 36, 27, 3000, 2900, True, 100, None,
        19.5, 0.99, 0.985, 0.98, "ab" * 32, "cd" * 32, (f"layer 0 of {name}: a note",),
        {"output_sqnr_db": "reference (numpy)", "accuracy_after": "reference (numpy)"},
    )  # fmt: skip


def _product(dims: tuple[int, ...]) -> int:
    result = 1
    for dim in dims:
        result *= dim
    return result
