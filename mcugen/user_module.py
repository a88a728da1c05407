"""Python files of users: what defines a task or a search space of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from mcugen.errors import InputRejected


def import_file(path: Path, kind: str) -> ModuleType:
    """Runs a user's file as the module `mcugen_<kind>_<stem>`.

    Raises InputRejected, naming the file, for one that is not there or cannot be imported.
    """
    if not path.is_file():
        raise InputRejected(
            f"there is no file {path}", f"give the path of a Python file that defines a {kind}"
        )
    spec = importlib.util.spec_from_file_location(f"mcugen_{kind}_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except InputRejected as error:
        raise InputRejected(f"{path}: {error.message}", error.hint) from None
    except (Exception, SystemExit) as error:
        raise InputRejected(
            f"{path} cannot be imported: {type(error).__name__}: {error}",
            f"python {path}  shows where",
        ) from error
    return module
