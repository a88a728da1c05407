"""What is wrong with the files of a data folder, counted by kind."""

from __future__ import annotations

from collections import Counter

from mcugen.text import printable


class Problems:
    """Collects what was left out of a folder: how many files for each reason, and one of them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, place: str, reason: str) -> None:
        """`place` is the file's path inside the folder; `reason` completes "a file is …"."""
        self._counts[reason] += 1
        self._first.setdefault(reason, place)

    def __len__(self) -> int:
        return self._counts.total()

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a reason, the most frequent first."""
        return tuple(
            f"{count:,} file{'' if count == 1 else 's'} left out: {reason}"
            f" (such as {printable(self._first[reason])})"
            for reason, count in self._counts.most_common()
        )
