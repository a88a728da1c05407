"""The folder where packs lie: VENDOR/NAME/VERSION, as in $CMSIS_PACK_ROOT."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mcugen.errors import InputRejected, McugenError
from mcugen.packs.archive import MAX_BYTES, MAX_FILES, unpack
from mcugen.packs.model import Pack
from mcugen.packs.pdsc import parse_pdsc
from mcugen.packs.pins import check_archive, file_sha256
from mcugen.packs.versions import version_key
from mcugen.toolchain.pio_core import cache_dir

_DEPTH = 3
"""How far below a folder packs are looked for."""
_ARCHIVE = ".pack"


@dataclass(frozen=True)
class PackVersion:
    """Which pack, and the SHA-256 of its contents (paths and bytes of all files)."""

    vendor: str
    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.vendor}::{self.name} {self.version}"


@dataclass(frozen=True, eq=False)
class StoredPack:
    """A pack and where it lies."""

    pack: Pack
    folder: Path

    @cached_property
    def version(self) -> PackVersion:
        """Reads all of the pack's files."""
        pack = self.pack
        return PackVersion(pack.vendor, pack.name, pack.version, _tree_digest(self.folder))


@dataclass(frozen=True)
class Store:
    """The packs below `folder`, which need not exist."""

    folder: Path

    @staticmethod
    def default() -> Store:
        """`$MCUGEN_PACKS`, or `packs` in mcugen's cache."""
        chosen = os.environ.get("MCUGEN_PACKS")
        return Store(Path(chosen).absolute() if chosen else cache_dir() / "packs")

    def packs(self) -> tuple[StoredPack, ...]:
        """Every pack, by vendor and name, the newest version first.

        Folders with packs may be anywhere in the first levels; .pack files among them are unpacked
        in mcugen's cache. Raises InputRejected if one is not sound.
        """
        places = sorted(_places(self.folder, _DEPTH), key=lambda p: p.suffix.lower() == _ARCHIVE)
        found: dict[tuple[str, str], StoredPack] = {}
        for place in places:  # a folder goes before a file with the same pack
            stored = _unpacked(place) if place.suffix.lower() == _ARCHIVE else _read_pack(place)
            found.setdefault((stored.pack.id.lower(), stored.pack.version), stored)
        newest_first = sorted(
            found.values(), key=lambda s: version_key(s.pack.version), reverse=True
        )
        return tuple(sorted(newest_first, key=lambda s: s.pack.id.lower()))

    def add(self, path: Path) -> tuple[StoredPack, ...]:
        """Takes in a .pack file, an unpacked pack, or all of either below a folder.

        Each pack comes in whole or not at all and replaces the same version of itself. Raises
        InputRejected if there is none, or one is not sound; McugenError if the store cannot be
        written.
        """
        try:
            return tuple(self._add(source) for source in _sources(path))
        except OSError as error:
            raise McugenError(
                f"cannot write {self.folder}: {error.strerror or error}",
                "set MCUGEN_PACKS to a folder that can be written",
            ) from error

    def _add(self, source: Path) -> StoredPack:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".add-") as name:
            fresh, old = Path(name, "new"), Path(name, "old")
            fresh.mkdir()
            if source.is_dir():
                _copy_tree(source, fresh)
            else:
                unpack(source, fresh)
            pack = _only_pack(fresh, source).pack
            if source.is_file():
                check_archive(pack, source)
            target = self.folder / pack.vendor / pack.name / pack.version
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                os.replace(target, old)
            os.replace(fresh, target)
        return StoredPack(pack, target)


def _sources(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputRejected(f"there is no {path}", "name a .pack file or a folder with packs")
    found = [p if p.suffix.lower() == _ARCHIVE else p.parent for p in _places(path, _DEPTH)]
    if not found:
        raise InputRejected(
            f"{path} holds no packs", "a pack is a .pack file, or a folder with a .pdsc file in it"
        )
    return found


def _places(folder: Path, depth: int) -> Iterator[Path]:
    """The .pdsc and .pack files in and below `folder`; a pack's own folders are not searched.

    Names that begin with a dot are passed over: `add` works in such folders.
    """
    if not folder.is_dir():
        return
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    own = [p for p in entries if p.suffix.lower() == ".pdsc" and p.is_file()]
    yield from own or (p for p in entries if p.suffix.lower() == _ARCHIVE and p.is_file())
    if not own and depth:
        for entry in entries:
            yield from _places(entry, depth - 1)


def _unpacked(archive: Path) -> StoredPack:
    """The pack of a .pack file, in a folder of mcugen's cache that is named after its bytes."""
    folder = cache_dir() / "unpacked" / file_sha256(archive)[:32]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
            fresh = Path(name, "pack")
            fresh.mkdir()
            unpack(archive, fresh)
            check_archive(_only_pack(fresh, archive).pack, archive)
            if not folder.is_dir():
                os.replace(fresh, folder)
    return _only_pack(folder, archive)


def _read_pack(path: Path) -> StoredPack:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputRejected(f"cannot read {path}: {error.strerror}") from None
    return StoredPack(parse_pdsc(data, str(path)), path.parent)


def _only_pack(folder: Path, source: Path) -> StoredPack:
    found = [p for p in _places(folder, 0) if p.suffix.lower() != _ARCHIVE]
    if len(found) != 1:
        count = "no pack description" if not found else "several pack descriptions"
        raise InputRejected(f"{source} has {count} (.pdsc) at its top")
    try:
        return _read_pack(found[0])
    except InputRejected as error:
        raise InputRejected(error.message.replace(f"{folder}", f"{source}"), error.hint) from None


def _copy_tree(source: Path, target: Path) -> None:
    """Copies plain files; links would make the copy depend on what is outside of it."""
    total = 0
    for count, (path, name) in enumerate(_files(source)):
        total += path.stat().st_size
        if count >= MAX_FILES or total > MAX_BYTES:
            raise InputRejected(f"{source} is too large for a pack")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """All files with their paths below `folder`, in an order that depends on the paths alone."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise InputRejected(
                f"{path} is a link or a device, and a pack may hold only files",
                "copy the pack with what its links lead to",
            )
        if path.is_file():
            yield path, path.relative_to(folder).as_posix()


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path, name in _files(folder):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{content} {name}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
