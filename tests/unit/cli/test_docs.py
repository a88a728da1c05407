"""docs/cli.md names every option and every JSON key."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

from mcugen import datasets, exporting, results
from mcugen.cli import COMMANDS, main
from mcugen.search.characterization import CharacterizeResult
from mcugen.search.results import SearchResult
from mcugen.search.sweep import SweepResult
from mcugen.train.results import TrainResult

TEXT = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
RESULTS = {
    "build": results.BuildResult,
    "characterize": CharacterizeResult,
    "data": datasets.CheckedData,
    "export": exporting.ExportResult,
    "run": results.RunResult,
    "search": SearchResult,
    "sweep": SweepResult,
    "train": TrainResult,
    "verify": results.VerifyResult,
    "profile": results.ProfileResult,
    "compare": results.CompareResult,
    "inspect": results.InspectResult,
    "quantize": results.QuantizeResult,
    "flash": results.FlashResult,
    "boards": results.BoardInfo,
    "packs": results.PacksResult,
    "doctor": results.DoctorResult,
}


def section(name: str) -> str:
    return TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_documented(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    commands = command.commands.values() if isinstance(command, click.Group) else [command]
    common = TEXT.split("\n## For all commands\n")[1].split("\n## ")[0]
    for parameter in (p for each in commands for p in each.params):
        for option in parameter.opts if isinstance(parameter, click.Option) else []:
            assert option in common + section(name), option


@pytest.mark.parametrize("name", COMMANDS)
def test_keys_are_documented(name: str) -> None:
    words = set(re.findall(r"`(\w+)`", section(name)))
    for field in dataclasses.fields(RESULTS[name]):
        assert field.name in words, field.name
