"""A folder of generated files: written whole or not at all, and never over a user's own work."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcugen.errors import InputRejected, McugenError

MANIFEST = "mcugen.json"


def write_tree(
    folder: Path, files: Mapping[str, str | bytes], facts: Mapping[str, object], force: bool = False
) -> None:
    """Makes `folder` hold `files` (relative path → content) and a manifest of them with `facts`.

    All of it or, on an error, none. In a folder that mcugen made, changed files are replaced and
    those no longer generated removed; everything else in it stays. Raises InputRejected, and
    changes nothing, if the folder holds other things than a project of ours, or if a generated
    file was edited and `force` is not set.
    """
    contents = {path: _bytes(content) for path, content in files.items()}
    manifest = dict(facts) | {"files": {p: _digest(contents[p]) for p in sorted(contents)}}
    contents[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    try:
        if folder.exists():
            _update(folder, contents, force)
        else:
            _create(folder, contents)
    except OSError as error:
        raise McugenError(
            f"cannot write {folder}: {error.strerror or error}", "choose another folder with -o"
        ) from None


def read_manifest(folder: Path) -> dict[str, object]:
    """The manifest of a project that mcugen made; raises InputRejected if there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
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
        _write(fresh, contents)
        os.replace(fresh, folder)


def _update(folder: Path, contents: Mapping[str, bytes], force: bool) -> None:
    known = _recorded(folder)
    present: dict[str, bytes] = {}
    for path in {**contents, **known}:
        if path in contents and not _is_plain(folder, path):
            raise InputRejected(
                f"{folder / path} is reached through a link, which mcugen does not follow",
                "choose another folder with -o, or remove the link",
            )
        if (folder / path).is_file() or (path in contents and (folder / path).exists()):
            present[path] = (folder / path).read_bytes()
    changed = {p: content for p, content in contents.items() if present.get(p) != content}
    own = {p for p, content in present.items() if known.get(p) == _digest(content)}
    edited = sorted((changed.keys() & present.keys()) - own - {MANIFEST})
    if edited and not force:
        raise InputRejected(
            f"{folder / edited[0]} was changed since mcugen wrote it"
            + (f", and {len(edited) - 1} more" if len(edited) > 1 else ""),
            "choose another folder with -o, or overwrite the changes with --force",
        )
    stale = sorted(own - contents.keys())
    # An untouched file keeps its time stamp, and PlatformIO its object file.
    if changed or stale:
        _exchange(folder, changed, stale)


def _recorded(folder: Path) -> dict[str, str]:
    """Path → digest of what mcugen wrote into `folder`; nothing if it is empty."""
    if not folder.is_dir():
        raise InputRejected(f"{folder} is not a folder", "choose another name with -o")
    if not any(folder.iterdir()):
        return {}
    if not (folder / MANIFEST).is_file():
        raise InputRejected(
            f"{folder} is not empty and is not a project that mcugen made",
            "choose another folder with -o, or empty this one",
        )
    files = read_manifest(folder)["files"]
    assert isinstance(files, dict)
    # The manifest can be edited too: only plain paths inside the folder count.
    return {p: d for p, d in files.items() if isinstance(d, str) and _is_plain(folder, p)}


def _exchange(folder: Path, changed: Mapping[str, bytes], stale: Sequence[str]) -> None:
    """Replaces `changed`, the manifest last, and removes `stale`; an error undoes all of it."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".mcugen-") as name:
        fresh, old = Path(name, "new"), Path(name, "old")
        _write(fresh, changed)
        begun: list[str] = []
        try:
            for path in (*stale, *changed):
                target = folder / path
                for parent in (target.parent, (old / path).parent):
                    parent.mkdir(parents=True, exist_ok=True)
                begun.append(path)
                if os.path.lexists(target):
                    os.replace(target, old / path)
                if path in changed:
                    os.replace(fresh / path, target)
        except BaseException:
            for path in reversed(begun):
                if os.path.lexists(old / path):
                    os.replace(old / path, folder / path)
                elif path in changed and not (fresh / path).exists():
                    (folder / path).unlink(missing_ok=True)
            raise
    for path in stale:
        _remove_empty_parents(folder, path)


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _remove_empty_parents(folder: Path, path: str) -> None:
    parent = (folder / path).parent
    with contextlib.suppress(OSError):
        while parent != folder:
            parent.rmdir()
            parent = parent.parent


def _is_plain(folder: Path, path: str) -> bool:
    """Whether `path` is in its shortest form, and leads to its place in `folder` without links."""
    relative = Path(path)
    if relative.is_absolute() or relative.as_posix() != path or ".." in relative.parts:
        return False
    try:
        return (folder / relative).resolve() == folder.resolve() / relative
    except (ValueError, OSError, RuntimeError):  # a null character, a loop of links
        return False


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
