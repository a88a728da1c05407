"""Writes docs/OPS.md from what the operators declare of themselves.

python tools/gen_ops_doc.py           writes it
python tools/gen_ops_doc.py --check   fails if the file is not what would be written
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mcugen.ir import ops  # noqa: E402
from mcugen.ir.ops.base import REGISTRY, Attributes  # noqa: E402

TARGET = ROOT / "docs" / "OPS.md"
HEADER = """\
<!-- Written by tools/gen_ops_doc.py from mcugen/ir/ops: change the constraints there. -->

# Supported operators

A model is accepted if each of its operators is in this list, is of a version given here, and meets
every sentence under it. `mcugen inspect` names the first sentence that does not hold, and what it
found instead.
"""


def main(arguments: list[str]) -> int:
    """Writes or checks the file; returns the exit code."""
    text = document()
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text() == text:
            return 0
        print("docs/OPS.md is out of date: run python tools/gen_ops_doc.py", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


def document() -> str:
    """The whole page."""
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    operators = [REGISTRY[name] for name in sorted(REGISTRY)]
    contents = ", ".join(f"[{o.op}](#{o.op.lower()})" for o in operators)
    return "\n".join([HEADER, f"{contents}.", *(section(o) for o in operators)]) + "\n"


def section(operator: type[Attributes]) -> str:
    """One operator: what it is, its versions, its constraints."""
    last = operator.max_version
    versions = "Version 1." if last == 1 else f"Versions 1 to {last}."
    sentences = dict.fromkeys(sentence(check.__doc__) for check in operator.constraints)
    lines = [
        f"\n## {operator.op}\n",
        f"{sentence(operator.__doc__)} {versions}\n",
        *(f"* {text}" for text in sentences),
    ]
    return "\n".join(lines)


def sentence(docstring: str | None) -> str:
    """The docstring's first paragraph on one line."""
    return " ".join(inspect.cleandoc(docstring or "").partition("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
