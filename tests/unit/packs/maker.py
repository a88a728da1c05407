"""Small packs for tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from mcugen.packs.model import Pack
from mcugen.packs.pdsc import parse_pdsc


def pdsc(
    components: str = "",
    conditions: str = "",
    *,
    name: str = "Toys",
    version: str = "1.2.3",
    packages: str = "",
) -> str:
    """A description of the pack Acme::`name`."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance">
  <vendor>Acme</vendor>
  <name>{name}</name>
  <releases><release version="{version}"/><release version="0.9.0"/></releases>
  <requirements><packages>{packages}</packages></requirements>
  <conditions>{conditions}</conditions>
  <components>{components}</components>
</package>
"""


def pack(components: str = "", conditions: str = "", **options: str) -> Pack:
    """The parsed description."""
    return parse_pdsc(pdsc(components, conditions, **options).encode(), "test.pdsc")


def component(group: str, files: str = "", more: str = "", attributes: str = "") -> str:
    """One component of class Toy."""
    return (
        f'<component Cclass="Toy" Cgroup="{group}" Cversion="1.0.0" {attributes}>'
        f"{more}<files>{files}</files></component>"
    )


def source(name: str, attributes: str = "") -> str:
    """A file of category source."""
    return f'<file category="source" name="{name}" {attributes}/>'


def folder(root: Path, description: str, files: Mapping[str, str], name: str = "Acme.Toys") -> Path:
    """An unpacked pack."""
    for path, text in {f"{name}.pdsc": description, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def archive(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A .pack file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return path
