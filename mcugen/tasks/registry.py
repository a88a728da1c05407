"""Tasks by name, and the user's own by the path of a Python file."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path

from mcugen.errors import InputRejected
from mcugen.tasks.base import Task
from mcugen.user_module import import_file

TASKS = {
    "kws": "mcugen.tasks.kws:Kws",
    "vww": "mcugen.tasks.vww:Vww",
    "ad": "mcugen.tasks.ad:Ad",
    "digits": "mcugen.tasks.digits:Digits",
}
"""Where each task's class is; imported when it is asked for."""


def load_task(name: str) -> Task:
    """The task called `name`, or the one that the Python file at the path `name` defines.

    Such a file is run: it is the user's own code. Raises InputRejected for a name that does not
    exist and for a file that does not define exactly one task.
    """
    if name.endswith(".py"):
        return _from_file(Path(name))
    if name not in TASKS:
        near = difflib.get_close_matches(name.lower(), TASKS, n=1)
        raise InputRejected(
            f"there is no task {name!r}",
            "\n".join(
                [
                    *(f"did you mean {n}?" for n in near),
                    f"tasks: {', '.join(TASKS)}, or the path of a Python file with one of your own",
                ]
            ),
        )
    module, _, attribute = TASKS[name].partition(":")
    task: Task = getattr(importlib.import_module(module), attribute)()
    return task


def _from_file(path: Path) -> Task:
    module = import_file(path, "task")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Task)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found) or "none"
        raise InputRejected(
            f"{path} must define one subclass of mcugen.tasks.Task; it defines {names}",
            "docs/training.md has an example to copy",
        )
    try:
        task: Task = found[0]()
    except TypeError as error:
        raise InputRejected(
            f"{path}: {error}", "a task needs `load`, and a __init__ without arguments"
        ) from None
    missing = [a for a in ("name", "architecture") if not hasattr(task, a)]
    if missing:
        raise InputRejected(f"{path}: {found[0].__name__} lacks {' and '.join(missing)}")
    return task
