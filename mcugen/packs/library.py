"""Writes the chosen components as one PlatformIO library that every project shares.

The library holds links to the packs and a build script, no sources. It lies at one path, named
after all that it depends on, and keeps its objects in a cache: the next project does not compile
them again.
"""

from __future__ import annotations

import hashlib
import json
import os
import pprint
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from mcugen.errors import McugenError
from mcugen.packs.model import Context, File, Request
from mcugen.packs.resolve import Selected, resolve
from mcugen.packs.store import PackVersion, Store, StoredPack
from mcugen.templating import render
from mcugen.toolchain.pio_core import cache_dir

_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".c++", ".s", ".asm", ".sx", ".spp")
_SOURCES = ("source", "sourceC", "sourceCpp", "sourceAsm")
_BINARIES = ("library", "object")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DEFINE = re.compile(r"#\s*define\s+([A-Za-z_]\w*)(?:\s+(\S.*))?")


@dataclass(frozen=True)
class ConfigFile:
    """A file that a component leaves to the project to change; the library does not hold it."""

    name: str
    path: Path


@dataclass(frozen=True)
class PackLibrary:
    """A PlatformIO library of packs.

    `defines` must reach the whole program: they change the layout of structs. So must
    `pre_includes`, files to be included before every source.
    """

    folder: Path
    name: str
    defines: Mapping[str, str]
    include_dirs: tuple[Path, ...]
    packs: tuple[PackVersion, ...]
    config_files: tuple[ConfigFile, ...]
    pre_includes: tuple[Path, ...]


@dataclass(frozen=True)
class _Source:
    """A source file, its path below the library, and the flags that only it gets."""

    path: str
    flags: tuple[str, ...]


def library(
    store: Store,
    requests: Sequence[Request],
    context: Context,
    *,
    name: str,
    exclude: Sequence[str] = (),
    build_flags: Sequence[str] = (),
    source_flags: Mapping[str, Sequence[str]] | None = None,
) -> PackLibrary:
    """Resolves `requests` and makes sure that their library is there.

    `exclude` are wildcard patterns for VENDOR.NAME/PATH of sources to leave out, and the keys of
    `source_flags` such patterns for sources that get more flags, after all others. The same
    arguments and packs give the same folder with the same bytes. Raises McugenError as `resolve`
    does, and if the library cannot be written.
    """
    selection = resolve(store.packs(), requests, context)
    packs = tuple(dict.fromkeys(s.stored for s in selection))
    sources = _sources(selection, exclude, source_flags or {})
    include_dirs = _include_dirs(selection)
    defines = _defines(selection)
    files = {"rte/RTE_Components.h": _rte_components(selection)} | _local_headers(selection)
    files["build.py"] = render(
        "packs/build.py.j2",
        folders=_literal({_folder(s): str(s.folder) for s in packs}),
        include_dirs=_literal([str(path) for path in include_dirs]),
        defines=_literal(defines),
        flags=_literal(list(build_flags)),
        objects=_literal(str(cache_dir() / "objects")),
        source_flags=_literal({s.path: list(s.flags) for s in sources if s.flags}),
    )
    files["library.json"] = _manifest(name, sources)
    links = {f"packs/{_folder(s)}": s.folder for s in packs}
    versions = tuple(s.version for s in packs)
    folder = _write(name, files, links, versions)
    return PackLibrary(
        folder=folder,
        name=name,
        defines=defines,
        include_dirs=(*include_dirs, folder / "rte"),
        packs=versions,
        config_files=_config_files(selection),
        pre_includes=_pre_includes(selection, "preIncludeGlobal"),
    )


def _literal(value: object) -> str:
    """Python text that gives `value` back."""
    return pprint.pformat(value, width=98)


def _folder(stored: StoredPack) -> str:
    return f"{stored.pack.vendor}.{stored.pack.name}"


def _sources(
    selection: Sequence[Selected],
    exclude: Sequence[str],
    source_flags: Mapping[str, Sequence[str]],
) -> list[_Source]:
    found: dict[str, _Source] = {}
    for number, selected in enumerate(selection):
        flags = _local_flags(number, selected)
        for file in selected.files:
            path = f"{_folder(selected.stored)}/{file.name}"
            if not _is_source(file, selected) or any(fnmatchcase(path, p) for p in exclude):
                continue
            _existing(selected, file)
            own = [f for p, more in source_flags.items() if fnmatchcase(path, p) for f in more]
            found.setdefault(path, _Source(f"packs/{path}", (*flags, *own)))
    return [found[path] for path in sorted(found)]


def _is_source(file: File, selected: Selected) -> bool:
    if file.category in _BINARIES:
        raise McugenError(
            f"{selected.component} brings the compiled file {file.name}",
            "mcugen builds packs from sources only",
        )
    is_code = PurePosixPath(file.name).suffix.lower() in _SUFFIXES
    return file.category in _SOURCES and is_code and not file.attr


def _existing(selected: Selected, file: File) -> Path:
    """Where a file lies; raises McugenError if its pack is incomplete."""
    path = selected.stored.folder / file.name
    if not path.exists():
        raise McugenError(
            f"{selected.stored.pack} is incomplete: it lists {file.name}, which is not there",
            "add the pack again",
        )
    return path


def _include_dirs(selection: Sequence[Selected]) -> tuple[Path, ...]:
    """Folders of category `include`, and the folders of headers."""
    found: list[Path] = []
    for selected in selection:
        for file in selected.files:
            if file.category == "include":
                found.append(_existing(selected, file))
            elif file.category in ("header", "headerC", "headerCpp") and not file.attr:
                header = _existing(selected, file)
                found.append(
                    selected.stored.folder / file.include if file.include else header.parent
                )
    return tuple(dict.fromkeys(found))


def _defines(selection: Sequence[Selected]) -> dict[str, str]:
    """Name → value of Pre_Include_Global_h; raises McugenError if it says more than that."""
    found: dict[str, str] = {}
    for selected in selection:
        text = _COMMENT.sub("", selected.component.pre_include_global)
        for line in filter(None, map(str.strip, text.splitlines())):
            match = _DEFINE.fullmatch(line)
            if match is None:
                raise McugenError(
                    f"{selected.component} wants {line[:80]!r} before every source",
                    "mcugen can pass on #define lines only",
                )
            name, value = match[1], (match[2] or "").strip()
            if found.setdefault(name, value) != value:
                raise McugenError(
                    f"{selected.component} defines {name} as {value!r}, another as {found[name]!r}"
                )
    return dict(sorted(found.items()))


def _rte_components(selection: Sequence[Selected]) -> str:
    texts = [s.component.rte_components for s in selection if s.component.rte_components]
    body = "\n\n".join(texts)
    return f"#ifndef RTE_COMPONENTS_H\n#define RTE_COMPONENTS_H\n\n{body}\n\n#endif\n"


def _local_headers(selection: Sequence[Selected]) -> dict[str, str]:
    return {
        _local_header(number): s.component.pre_include_local + "\n"
        for number, s in enumerate(selection)
        if s.component.pre_include_local
    }


def _local_header(number: int) -> str:
    return f"rte/local_{number}.h"


def _local_flags(number: int, selected: Selected) -> tuple[str, ...]:
    """Includes what a component wants before its own sources. build.py sets PACKS_LIBRARY."""
    headers = [str(path) for path in _pre_includes([selected], "preIncludeLocal")]
    if selected.component.pre_include_local:
        headers.insert(0, f"$PACKS_LIBRARY/{_local_header(number)}")
    return tuple(flag for header in headers for flag in ("-include", header))


def _pre_includes(selection: Sequence[Selected], category: str) -> tuple[Path, ...]:
    return tuple(_existing(s, f) for s in selection for f in s.files if f.category == category)


def _config_files(selection: Sequence[Selected]) -> tuple[ConfigFile, ...]:
    pairs = ((s, f) for s in selection for f in s.files if f.attr == "config")
    return tuple(ConfigFile(f.name, _existing(s, f)) for s, f in pairs)


def _manifest(name: str, sources: Sequence[_Source]) -> str:
    manifest: dict[str, Any] = {
        "name": name,
        "version": "1.0.0",
        "description": "Components of CMSIS-Packs",
        "frameworks": "*",
        "platforms": "*",
        "build": {
            "srcDir": ".",
            "srcFilter": ["-<*>", *(f"+<{source.path}>" for source in sources)],
            "extraScript": "build.py",
            "libLDFMode": "off",
        },
    }
    return json.dumps(manifest, indent=2) + "\n"


def _write(
    name: str,
    files: Mapping[str, str],
    links: Mapping[str, Path],
    versions: Sequence[PackVersion],
) -> Path:
    """The library's folder, written if it is not there; safe in several processes at once."""
    facts = [sorted(files.items()), sorted((k, str(v)) for k, v in links.items())]
    digest = hashlib.sha256(repr((facts, versions)).encode()).hexdigest()
    libraries = cache_dir() / "libraries"
    folder = libraries / f"{name}-{digest[:16]}"
    if folder.is_dir():
        return folder
    try:
        libraries.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=libraries, prefix=".new-") as temporary:
            fresh = Path(temporary) / "library"
            for path, text in files.items():
                (fresh / path).parent.mkdir(parents=True, exist_ok=True)
                (fresh / path).write_text(text, encoding="utf-8")
            for path, target in links.items():
                (fresh / path).parent.mkdir(parents=True, exist_ok=True)
                (fresh / path).symlink_to(target, target_is_directory=True)
            if not folder.is_dir():
                os.replace(fresh, folder)
    except OSError as error:
        raise McugenError(
            f"cannot write the library {folder}: {error.strerror or error}",
            "set MCUGEN_CACHE to a folder that can be written",
        ) from error
    return folder
