"""Prepared data, kept under the user's cache folder so that it is made once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.toolchain.pio_core import cache_dir

Arrays = Mapping[str, npt.NDArray[Any]]


def cached(name: str, key: Mapping[str, object], make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` returns, kept from an earlier call with this `name` and `key`.

    `key` holds everything that the arrays depend on, JSON-able: the generator's version, seed,
    options. A file is written whole or not at all; one that cannot be read is made again, and where
    none can be written the arrays are simply not kept.
    """
    text = json.dumps(key, sort_keys=True)
    path = data_dir() / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"
    # A file that was cut short or tampered with raises any of these.
    with contextlib.suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return _read(path)
    arrays = make()
    with contextlib.suppress(OSError):
        _write(path, arrays)
    return arrays


def data_dir() -> Path:
    """Where the files are: `data` in mcugen's cache folder."""
    return cache_dir() / "data"


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _write(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".mcugen-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            contents: Any = dict(arrays)
            np.savez(file, **contents)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
