"""The runtimes by name."""

from __future__ import annotations

from mcugen.errors import InputRejected
from mcugen.runtimes.aot.runtime import Aot
from mcugen.runtimes.runtime import Runtime
from mcugen.runtimes.tflm.runtime import INT4_KERNELS, Tflm

RUNTIMES = ("aot", "tflm")
"""The default first."""


def make_runtime(
    name: str, int4_kernels: str | None = None, arena_bytes: int | None = None
) -> Runtime:
    """The runtime with its options; raises InputRejected for one that it does not have."""
    if name not in RUNTIMES:
        raise InputRejected(f"there is no runtime {name!r}", f"available: {', '.join(RUNTIMES)}")
    if name == "tflm":
        return Tflm(int4_kernels or INT4_KERNELS[0], arena_bytes)
    for option, value in (("--int4-kernels", int4_kernels), ("--arena-bytes", arena_bytes)):
        if value is not None:
            raise InputRejected(f"{option} is for `--runtime tflm`", "leave it out")
    return Aot()
