"""In which type convolutions are computed fastest here."""

from __future__ import annotations

from pathlib import Path

from mcugen.train.tensorflow import tf

CPU_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def fastest_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """ "bfloat16" on processors that multiply it by themselves, else "float32".

    GPUs take single precision: there the search is bound by other things.
    """
    if tf.config.list_physical_devices("GPU"):
        return "float32"
    try:
        flags = set(cpuinfo.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return "float32"
    return "bfloat16" if flags & CPU_FLAGS else "float32"
