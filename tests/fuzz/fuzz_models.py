"""Atheris target: reader, passes and code generator on well-formed files that say odd things.

    python tests/fuzz/fuzz_models.py [libFuzzer options] [corpus folder]

The input is a stream of choices: which valid model to start from, and what to change in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["mcugen"]):
    from tests.fuzz import targets

    targets.load_families()

from mcugen.tflite.builder import build
from tests.fuzz.corpus import with_corpus
from tests.fuzz.mutations import mutate_record, seed_records

RECORDS = seed_records()


def fuzz(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)

    def below(n: int) -> int:
        return int(provider.ConsumeIntInRange(0, n - 1))

    record = RECORDS[below(len(RECORDS))]
    while provider.remaining_bytes() > 0:
        record = mutate_record(record, below)
    model = build(record)
    targets.compile_(model)
    targets.plan_for_tflm(model)


def main() -> None:
    arguments = with_corpus(sys.argv, "models", [bytes([i] * 24) for i in range(256)])
    atheris.Setup(arguments, fuzz)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
