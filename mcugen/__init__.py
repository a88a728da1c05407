"""mcugen: from a .tflite model to proven firmware for a microcontroller.

The same verbs as on the command line:

    import mcugen
    result = mcugen.build("kws.tflite", "disco_f746ng")
    proof = mcugen.verify("kws.tflite", "qemu_m4", count=20)

They raise McugenError, or its children InputRejected and DoesNotFit.
"""

from __future__ import annotations

import importlib
from typing import Any

from mcugen.errors import DoesNotFit, InputRejected, McugenError
from mcugen.version import VERSION as __version__

__all__ = ["DoesNotFit", "InputRejected", "McugenError", "__version__"]


def __getattr__(name: str) -> Any:
    # The verbs load on first use, so that importing a single module stays quick.
    api = importlib.import_module("mcugen.api")
    if name in api.__all__:
        return getattr(api, name)
    raise AttributeError(f"module 'mcugen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *importlib.import_module("mcugen.api").__all__])
