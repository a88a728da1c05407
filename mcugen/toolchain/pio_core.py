"""A PlatformIO core folder that never asks the registry.

PlatformIO wants its own copy of SCons as package `tool-scons`; here that package is a few lines
that start the SCons that pip installed. A platform without packages needs nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from mcugen.errors import McugenError

_FAR_FUTURE = 4102444800
"""2100-01-01: when PlatformIO would next look for upgrades."""

# Without the probe PlatformIO spends a minute on retries before it reports a missing package.
_NO_NETWORK = "import platformio.http\nplatformio.http._internet_on = lambda: False\n"
_SCONS_PY = f"""\
import sys

{_NO_NETWORK}
from SCons.Script.Main import main

if __name__ == "__main__":
    sys.exit(main())
"""
_SHARED_SCONS_PY = """\
# Stands in for PlatformIO's tool-scons: starts the SCons that mcugen brought from PyPI.
import sys

sys.path.append({site!r})
try:
    from SCons.Script.Main import main
except ImportError:
    sys.exit("SCons, which mcugen installed, is gone: delete " + {folder!r} + " and run again")

if __name__ == "__main__":
    sys.exit(main())
"""
_LAUNCHER_PY = f"""\
import sys

{_NO_NETWORK}
from platformio.__main__ import main

sys.exit(main())
"""


def cache_dir() -> Path:
    """`$MCUGEN_CACHE`, or ~/.cache/mcugen."""
    chosen = os.environ.get("MCUGEN_CACHE")
    return Path(chosen).absolute() if chosen else Path.home() / ".cache" / "mcugen"


def ensure_core() -> Path:
    """Writes what is missing of the core folder and returns it; safe in several processes at once.

    Raises McugenError if PlatformIO or SCons is missing, or the cache cannot be written.
    """
    core = cache_dir() / f"pio-{platformio_version()}"
    try:
        _write_tool_scons(core / "packages" / "tool-scons", _SCONS_PY)
        _write(launcher(core), _LAUNCHER_PY)
        _write_state(core / "appstate.json")
    except OSError as error:
        raise McugenError(
            f"cannot write PlatformIO's folder {core}: {error.strerror}",
            "set MCUGEN_CACHE to a folder that can be written",
        ) from error
    return core


def register_for_plain_pio() -> None:
    """Lets the user's own `pio run` build our projects without PlatformIO's registry.

    Puts tool-scons into the user's core folder (`$PLATFORMIO_CORE_DIR` or ~/.platformio) if no
    tool-scons is there yet, and changes nothing else in it. A folder that cannot be written is
    left alone: mcugen's own builds do not need it.
    """
    chosen = os.environ.get("PLATFORMIO_CORE_DIR")
    core = Path(chosen).absolute() if chosen else Path.home() / ".platformio"
    tool = core / "packages" / "tool-scons"
    if tool.exists() or list(core.glob("packages/tool-scons@*")):
        return
    site = str(metadata.distribution("SCons").locate_file(""))
    with contextlib.suppress(OSError):
        _write_tool_scons(tool, _SHARED_SCONS_PY.format(site=site, folder=str(tool)))
        if not (core / "appstate.json").exists():
            _write_state(core / "appstate.json")


def _write_tool_scons(tool: Path, script: str) -> None:
    version = _tool_scons_version()
    spec = {
        "owner": "platformio",
        "id": None,
        "name": "tool-scons",
        "requirements": None,
        "uri": None,
    }
    package = {"type": "tool", "name": "tool-scons", "version": version, "spec": spec}
    _write(tool / "scons.py", script)
    _write(tool / "package.json", json.dumps({"name": "tool-scons", "version": version}))
    _write(tool / ".piokeep", "")
    # Last: PlatformIO takes the package for installed once this file exists.
    _write(tool / ".piopm", json.dumps(package))


def launcher(core: Path) -> Path:
    """The script that starts PlatformIO without a network."""
    return core / "mcugen_pio.py"


def offline_environment(core: Path) -> dict[str, str]:
    """The process environment for PlatformIO: this core, no telemetry, no look for upgrades.

    The user's own PLATFORMIO_… variables do not apply: they could change what is built.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLATFORMIO_")}
    return environment | {
        "LC_ALL": "C",  # compiler messages in one language
        "PLATFORMIO_CORE_DIR": str(core),
        "PLATFORMIO_DISABLE_PROGRESSBAR": "true",
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_NO_ANSI": "true",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "36500",
        "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
        "PLATFORMIO_SETTING_DISABLE_UDEV_RULES_CHECK": "Yes",
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "No",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def platformio_version() -> str:
    """The installed PlatformIO; raises McugenError if there is none."""
    return _version("platformio")


def _tool_scons_version() -> str:
    """4.11.1 is 4.41101.0 in PlatformIO's coding."""
    parts = [*_version("SCons").split("."), "0", "0"][:3]
    major, minor, patch = (int(part) for part in parts)
    return f"4.{major}{minor:02d}{patch:02d}.0"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError as error:
        raise McugenError(
            f"{package} is not installed beside mcugen",
            "pip install --force-reinstall mcugen\nwhich brings PlatformIO and its SCons",
        ) from error


def _write_state(path: Path) -> None:
    """PlatformIO with another `last_version` here would try to upgrade, over the network."""
    version = platformio_version()
    state: Any = None
    with contextlib.suppress(OSError, ValueError):
        state = json.loads(path.read_text())
    if isinstance(state, dict) and state.get("last_version") == version:
        return
    never = {"platformio_upgrade": _FAR_FUTURE, "prune_system": _FAR_FUTURE}
    settings = {"enable_telemetry": False}
    wanted = {"last_version": version, "last_check": never, "settings": settings}
    _write(path, json.dumps(wanted))


def _write(path: Path, text: str) -> None:
    """Replaces the file in one step, and only if it differs: others may be reading it."""
    try:
        if path.read_text() == text:
            return
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
