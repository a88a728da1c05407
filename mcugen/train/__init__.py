"""Training, quantization-aware training and export. Needs the extra `train`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcugen.train.qat import quantize

__all__ = ["quantize"]


def __getattr__(name: str) -> Any:
    """`quantize` on demand: what needs no TensorFlow here does not wait for it."""
    if name != "quantize":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mcugen.train.qat import quantize

    return quantize
