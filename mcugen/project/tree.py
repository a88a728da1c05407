"""A folder of generated files: written whole or not at all, and never over a user's own work."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mcugen.errors import InputRejected, McugenError

MANIFEST = "mcugen.json"


def write_tree(
    folder: Path, files: Mapping[str, str | bytes], facts: Mapping[str, object], force: bool = False
) -> None:
    """Makes `folder` hold `files` (relative path → content) and a manifest of them with `facts`.

    A new folder appears complete or not at all. In one that mcugen made, changed files are
    replaced and those no longer generated removed; everything else in it stays. Raises
    InputRejected, and changes nothing, if the folder holds other things than a project of ours,
    or if a generated file was edited and `force` is not set.
    """
    contents = {path: _bytes(content) for path, content in files.items()}
    manifest = dict(facts) | {"files": {p: _digest(contents[p]) for p in sorted(contents)}}
    contents[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            _update(folder, contents, force)
        else:
            _create(folder, contents)
    except OSError as error:
        raise McugenError(f"cannot write {folder}: {error.strerror or error}") from None


def read_manifest(folder: Path) -> dict[str, object]:
    """The manifest of a project that mcugen made; raises InputRejected if there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise InputRejected(
            f"{folder} is not a project that mcugen made: it has no valid {MANIFEST}",
            "name the folder that `mcugen build … -o DIR` wrote",
        )
    return manifest


def _create(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".mcugen-") as name:
        fresh = Path(name) / "project"
        for path, content in contents.items():
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        os.replace(fresh, folder)


def _update(folder: Path, contents: Mapping[str, bytes], force: bool) -> None:
    if not (folder / MANIFEST).is_file():
        raise InputRejected(
            f"{folder} is not empty and is not a project that mcugen made",
            "choose another folder with -o, or empty this one",
        )
    recorded = read_manifest(folder)["files"]
    assert isinstance(recorded, dict)
    # The manifest can be edited too: only plain paths inside the folder count.
    known = {p: d for p, d in recorded.items() if isinstance(d, str) and _is_inside(folder, p)}
    edited = [
        p
        for p, content in contents.items()
        if p != MANIFEST
        and (folder / p).exists()
        and (folder / p).read_bytes() != content
        and known.get(p) != _digest((folder / p).read_bytes())
    ]
    if edited and not force:
        raise InputRejected(
            f"{folder / edited[0]} was changed since mcugen wrote it"
            + (f", and {len(edited) - 1} more" if len(edited) > 1 else ""),
            "choose another folder with -o, or overwrite the changes with --force",
        )
    for path in sorted(set(known) - set(contents)):
        if (folder / path).is_file() and _digest((folder / path).read_bytes()) == known[path]:
            (folder / path).unlink()
    for path, content in contents.items():
        _replace(folder / path, content)


def _replace(target: Path, content: bytes) -> None:
    if target.is_file() and not target.is_symlink() and target.read_bytes() == content:
        return  # an untouched file keeps its time stamp, and its object file
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(content)
    shutil.copymode(target, file.name) if target.is_file() else os.chmod(file.name, 0o644)
    os.replace(file.name, target)


def _is_inside(folder: Path, path: str) -> bool:
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
