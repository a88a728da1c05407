"""Atheris target: the reader on hostile bytes.

    python tests/fuzz/fuzz_reader.py [libFuzzer options] [corpus folder]

Without a folder it keeps its corpus in build/fuzz/reader.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["mcugen"]):
    from tests.fuzz import targets

    targets.load_families()

from tests.fuzz.corpus import with_corpus
from tests.fuzz.mutations import seed_files


def fuzz(data: bytes) -> None:
    targets.read(data)


def main() -> None:
    arguments = with_corpus(sys.argv, "reader", seed_files())
    atheris.Setup(arguments, fuzz)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
