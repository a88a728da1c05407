"""Speech from espeak-ng, as the wheel `espeakng_loader` brings it, called in this process.

espeak-ng is under GPL-3: nothing of it is part of mcugen.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError

ACCENTS = (
    *("en", "en-us", "en-us-nyc", "en-029", "en-gb-scotland"),
    *("en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
)

# Names of speak_lib.h.
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARS_UTF8 = 1

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@dataclass(frozen=True)
class Voice:
    """Who speaks and how: an accent with a variant of the voice, and espeak's figures.

    `speed` is in words a minute; `pitch` and `range` in 0 … 100.
    """

    accent: str
    variant: str
    speed: int
    pitch: int
    range: int


def require_espeak() -> None:
    """Raises McugenError if the wheel is not installed."""
    if importlib.util.find_spec("espeakng_loader") is None:
        raise McugenError(
            "synthetic keywords are spoken by espeak-ng, which is not installed",
            "pip install 'mcugen[data]'\n"
            "or train on a Speech Commands folder of your own: --data DIR",
        )


@functools.cache
def speaker() -> Speaker:
    """The process's only speaker: espeak-ng keeps its state in global variables."""
    return Speaker()


class Speaker:
    """Turns words into samples, `rate` a second.

    What was said before shows in the noise of what is said next, so the same words sound the same
    only if they are said in the same order from the start of a process.
    """

    def __init__(self) -> None:
        require_espeak()
        import espeakng_loader

        self._parts: list[bytes] = []
        self._callback = _Callback(self._receive)
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = str(espeakng_loader.get_data_path()).encode()
        except (OSError, RuntimeError) as error:
            raise McugenError(
                f"espeak-ng does not load: {error}", "pip install --force-reinstall espeakng-loader"
            ) from None
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
        if self.rate <= 0:
            raise McugenError(
                f"espeak-ng does not find its voices in {data.decode()}",
                "pip install --force-reinstall espeakng-loader",
            )
        # It would seed its random numbers (breath, roughness) from the clock.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(0))
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: Voice) -> npt.NDArray[np.int16]:
        """The samples of `text`. Raises McugenError for a voice that this espeak-ng lacks."""
        self._parts.clear()
        name = f"{voice.accent}+{voice.variant}"
        if self._library.espeak_SetVoiceByName(name.encode()):
            raise McugenError(
                f"this espeak-ng has no voice {name}",
                "pip install --upgrade 'espeakng-loader>=0.2.4'",
            )
        for parameter, value in (
            (_RATE, voice.speed),
            (_PITCH, voice.pitch),
            (_RANGE, voice.range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        size = ctypes.c_size_t(len(data) + 1)
        self._library.espeak_Synth(data, size, 0, 1, 0, _CHARS_UTF8, None, None)
        return np.frombuffer(b"".join(self._parts), np.int16)

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            self._parts.append(ctypes.string_at(samples, 2 * count))
        return 0
