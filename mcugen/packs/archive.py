"""Unpacks a .pack file. It is a zip file from a stranger: nothing of it may leave the folder."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO

from mcugen.errors import InputRejected

MAX_FILES = 100_000
MAX_BYTES = 1 << 30
"""What a pack may hold when it is unpacked."""

_CHUNK = 1 << 20
_ENCRYPTED = 1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks `archive` into the empty `folder`.

    Raises InputRejected if it is damaged, too large, or holds anything but files with plain,
    distinct paths: no links, no way out of the folder, no names that differ only in case.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            left = MAX_BYTES
            for name, entry in _checked(opened.infolist()).items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as source, target.open("xb") as sink:
                    left -= _copy(source, sink, left)
    except InputRejected as error:
        raise InputRejected(f"{archive}: {error.message}", error.hint) from None
    except _DAMAGED as error:
        raise InputRejected(f"{archive} is not a sound .pack file: {error}") from None
    except OSError as error:
        raise InputRejected(f"{archive} cannot be unpacked: {error.strerror or error}") from None


def _checked(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by the path to give them; folders come by themselves."""
    if len(entries) > MAX_FILES:
        raise InputRejected(f"it holds {len(entries)} files, more than {MAX_FILES}")
    # The sizes are what the file says of itself; `_copy` counts.
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise InputRejected(_too_large())
    files: dict[str, zipfile.ZipInfo] = {}
    spellings: dict[str, str] = {}
    for entry in entries:
        name = _plain(entry)
        if entry.is_dir() or not name:
            continue
        if name in files:
            raise InputRejected(f"it holds {name[:80]!r} twice")
        files[name] = entry
        path = ""
        for part in name.split("/"):
            path = f"{path}/{part}" if path else part
            if spellings.setdefault(path.casefold(), path) != path:
                raise InputRejected(f"it holds {path[:80]!r} in two spellings")
    parents = {str(parent) for name in files for parent in Path(name).parents}
    for name in files:
        if name in parents:
            raise InputRejected(f"{name[:80]!r} is a file and a folder in it")
    return files


def _plain(entry: zipfile.ZipInfo) -> str:
    """The entry's path with slashes."""
    name = entry.filename.replace("\\", "/")
    parts = name.rstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or not name.isprintable() or ":" in name:
        raise InputRejected(f"the path {entry.filename[:80]!r} in it is not a plain relative one")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputRejected(f"{name[:80]!r} in it is a link or a device, not a file")
    if entry.flag_bits & _ENCRYPTED:
        raise InputRejected(f"{name[:80]!r} in it is encrypted")
    return "/".join(parts)


def _copy(source: IO[bytes], sink: IO[bytes], limit: int) -> int:
    done = 0
    while chunk := source.read(_CHUNK):
        done += len(chunk)
        if done > limit:
            raise InputRejected(_too_large())
        sink.write(chunk)
    return done


def _too_large() -> str:
    return f"unpacked it is larger than {MAX_BYTES >> 20} MiB"
