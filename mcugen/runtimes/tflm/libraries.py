"""TensorFlow Lite Micro and CMSIS-NN as PlatformIO libraries, made of their CMSIS-Packs."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.boards import Board
from mcugen.errors import InputRejected
from mcugen.packs import Context, PackLibrary, Request, Store, library

_TFLM = "tensorflow.tensorflow-lite-micro/tensorflow"
_PLATFORM = tuple(f"*/{name}.*" for name in ("system_setup", "micro_time", "debug_log"))
"""What TFLM leaves to a platform; the generated library has what is used of it."""
_REQUESTS = (Request("Machine Learning", "TensorFlow", "Kernel", "CMSIS-NN"),)

FLAGS = (
    *("-ffunction-sections", "-fdata-sections", "-fno-unwind-tables"),
    *("-fno-asynchronous-unwind-tables", "-fomit-frame-pointer", "-funsigned-char", "-w"),
)
"""What other people's code is compiled with: no tables for exceptions, and no warnings."""

KERNEL_FLAGS = ("-DKERNELS_OPTIMIZED_FOR_SPEED",)
"""Sums of weights are made once, not in every inference."""

RELEASE_DEFINES = ("NDEBUG", "TF_LITE_STRIP_ERROR_STRINGS")
"""Left out of debug builds, which then say what went wrong."""


MVE_SOURCE_FLAGS = {
    f"ARM.CMSIS-NN/*/{name}.c": ("-O0",)
    for name in ("arm_depthwise_conv_s4_opt", "arm_nn_depthwise_conv_nt_t_s4")
}
"""GCC 12 makes wrong masks of constant predicates for 32-bit lanes wherever it optimizes."""


@dataclass(frozen=True)
class Part:
    """A share of the sources that is compiled alike; `exclude` names those of other parts."""

    name: str
    exclude: tuple[str, ...]
    is_hot: bool
    flags: tuple[str, ...] = ()


PARTS = (
    Part("tflm-core", (*_PLATFORM, f"{_TFLM}/lite/micro/kernels/*", "ARM.CMSIS-NN/*"), False),
    Part(
        "tflm-kernels",
        (
            *(f"{_TFLM}/{folder}/*" for folder in ("compiler", "core")),
            *(f"{_TFLM}/lite/{names}" for names in ("[!m]*", "micro/[!k]*")),
            *("ARM.CMSIS-NN/*", "tensorflow.kissfft/*"),
        ),
        True,
        KERNEL_FLAGS,
    ),
    # TFLM calls no kernel for floats, and not every compiler takes these.
    Part("cmsis-nn", ("tensorflow.*", "ARM.CMSIS-NN/*_f16.c", "ARM.CMSIS-NN/*_f32.c"), True),
)


def libraries(board: Board, optimize: str) -> tuple[PackLibrary, ...]:
    """The libraries for the board's core, one a part.

    What runs in every layer is compiled at the level `optimize`, the rest for size. Raises
    InputRejected for a core that is none of Arm's M family, McugenError if packs are missing.
    """
    context = context_of(board)
    store = Store.default()
    return tuple(
        library(
            store,
            _REQUESTS,
            context,
            name=part.name,
            exclude=part.exclude,
            build_flags=(*FLAGS, *part.flags, f"-{optimize if part.is_hot else 'Os'}"),
            source_flags=MVE_SOURCE_FLAGS if board.has_mve else None,
        )
        for part in PARTS
    )


def context_of(board: Board) -> Context:
    """The board's processor in the terms of PDSC conditions."""
    family, _, number = board.core.partition("-m")
    if family != "cortex":
        raise InputRejected(
            f"the runtime tflm is for Arm Cortex-M cores, and {board.id} has none",
            "leave `--runtime tflm` out",
        )
    fpu = "NO_FPU" if board.fpu is None else "SP_FPU" if "sp" in board.fpu else "DP_FPU"
    return Context(
        {
            "Dcore": f"Cortex-M{number.replace('plus', '+')}",
            "Dfpu": fpu,
            "Ddsp": "DSP" if board.has_dsp else "NO_DSP",
            "Dmve": "FP_MVE" if board.has_mve else "NO_MVE",
            "Dendian": "Little-endian",
            "Tcompiler": "GCC",
        }
    )
