"""The folder of inputs that a fuzz target starts from, and adds to."""

from __future__ import annotations

from collections.abc import Sequence

from tests.paths import ROOT


def with_corpus(arguments: list[str], name: str, seeds: Sequence[bytes]) -> list[str]:
    """libFuzzer's arguments; build/fuzz/`name`, with the seeds in it, if they name no folder."""
    if any(not argument.startswith("-") for argument in arguments[1:]):
        return arguments
    folder = ROOT / "build" / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(seeds):
        (folder / f"seed_{i:04}").write_bytes(data)
    return [*arguments, f"-artifact_prefix={folder.parent}/{name}-", str(folder)]
