"""What is installed and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.diagnosis import doctor


def test_missing_tools_are_named_with_a_way_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = doctor()
    assert not result.ok
    missing = {check.name for check in result.checks if not check.ok}
    assert {"arm-none-eabi-gcc", "newlib", "qemu-system-arm", "gcc"} <= missing
    assert all(check.hint for check in result.checks if not check.ok)


def test_a_tool_that_does_not_answer_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "qemu-system-arm"
    tool.write_text("#!/bin/sh\nexit 3\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    check = next(c for c in doctor().checks if c.name == "qemu-system-arm")
    assert not check.ok
    assert "does not answer" in check.hint
