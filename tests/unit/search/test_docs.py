"""docs/search.md: its example of a space is one, and its table names all spaces."""

from __future__ import annotations

import re
from pathlib import Path

from mcugen.search.spaces import SPACES, load_space

TEXT = (Path(__file__).parents[3] / "docs" / "search.md").read_text(encoding="utf-8")


def test_the_example_is_a_space(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    path = tmp_path / "space.py"
    path.write_text(found[1], encoding="utf-8")
    space = load_space(str(path))
    assert len(space.decisions) == 4 and space.widest.macs > 65_000


def test_all_spaces_are_named() -> None:
    assert all(f"| `{name}` |" in TEXT for name in SPACES)
