"""Recorded instruction counts of a few small models: what a change may not exceed unnoticed.

    python -m bench.record      rewrites recorded.json

The subset needs no files from elsewhere: the example models, and layers made by code.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.layers import write_layer
from mcugen import api

ROOT = Path(__file__).resolve().parents[1]
RECORD = Path(__file__).with_name("recorded.json")
TOLERANCE_PERCENT = 1
BOARDS = ("qemu_m4", "qemu_m55")
EXAMPLES = ("digits", "sine")
LAYERS = (
    "conv_s8 12x12x16->16 k3x3 s1",
    "conv_s8 16x16x32->24 k1x1 s1",
    "dw_s8 16x16x24->24 k3x3 s1",
)


def compiler() -> str:
    """The version that counts belong to: another one makes other code."""
    command = ["arm-none-eabi-gcc", "-dumpfullversion"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def count(name: str, board: str, folder: Path) -> int:
    """Instructions of one inference of an example or a layer, built below `folder`."""
    if name in EXAMPLES:
        path = ROOT / "examples" / name / f"{name}.tflite"
    else:
        path = write_layer(name, folder)
    result = api.profile(path, board, output=folder / f"{path.stem}-{board}")
    assert result.instructions is not None
    return result.instructions


def verdict(recorded: int, found: int) -> str | None:
    """What is wrong with a count; None if it is within the tolerance."""
    if 100 * abs(found - recorded) <= TOLERANCE_PERCENT * recorded:
        return None
    figures = f"{recorded:,} -> {found:,} instructions ({found / recorded - 1:+.1%})"
    if found > recorded:
        return f"slower: {figures}; if that is meant, run `make bench-record` and say why"
    return f"faster: {figures}; run `make bench-record` to hold it"


@dataclass(frozen=True)
class Record:
    """`instructions` by board and name, and the compiler that made the code."""

    compiler: str
    instructions: dict[str, dict[str, int]]


def read_record() -> Record:
    """What recorded.json holds."""
    return Record(**json.loads(RECORD.read_text(encoding="utf-8")))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        counts = {
            board: {name: count(name, board, Path(folder)) for name in (*EXAMPLES, *LAYERS)}
            for board in BOARDS
        }
    text = json.dumps(asdict(Record(compiler(), counts)), indent=2)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {RECORD.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
