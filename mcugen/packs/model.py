"""What a pack description (PDSC) says: components, their files, and what they ask for.

The terms are those of the Open-CMSIS-Pack specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal


@dataclass(frozen=True)
class Context:
    """What is built for: condition attributes by name, such as Dcore, Dfpu, Dmve, Tcompiler.

    An attribute that is not given matches nothing.
    """

    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """A wanted component; an empty field does not matter. `versions` is a range.

    Fields may hold the wildcards `*` and `?`.
    """

    cclass: str
    cgroup: str
    csub: str = ""
    cvariant: str = ""
    vendor: str = ""
    versions: str = ""

    def __str__(self) -> str:
        text = _identifier(self.vendor, self.cclass, self.cgroup, self.csub, self.cvariant)
        return f"{text} {self.versions}".rstrip()


@dataclass(frozen=True)
class Requirement:
    """One rule of a condition: what must match, and the nested condition that must hold.

    `attributes` are those of the device, board and compiler.
    """

    kind: Literal["require", "accept", "deny"]
    attributes: tuple[tuple[str, str], ...] = ()
    component: Request | None = None
    condition: str = ""


@dataclass(frozen=True)
class Condition:
    """All `require` hold, one `accept` holds if there are any, and no `deny` does."""

    id: str
    rules: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class File:
    """A file or folder of a component; `name` is relative to the pack, with slashes.

    `attr` is empty, `config` (to be copied into a project) or `template`; `include` is the folder
    that a header is included relative to, empty for the header's own.
    """

    name: str
    category: str
    attr: str = ""
    condition: str = ""
    include: str = ""


@dataclass(frozen=True)
class Component:
    """A choice of files. The texts are C preprocessor lines: for all of a program, for this
    component, and for RTE_Components.h.
    """

    vendor: str
    cclass: str
    cgroup: str
    csub: str = ""
    cvariant: str = ""
    version: str = ""
    condition: str = ""
    is_default: bool = False
    files: tuple[File, ...] = ()
    pre_include_global: str = ""
    pre_include_local: str = ""
    rte_components: str = ""

    def answers(self, request: Request) -> bool:
        """Whether this is a component that `request` names; versions do not matter here."""
        pairs = (
            (request.vendor, self.vendor),
            (request.cclass, self.cclass),
            (request.cgroup, self.cgroup),
            (request.csub, self.csub),
            (request.cvariant, self.cvariant),
        )
        return all(not wanted or fnmatchcase(has, wanted) for wanted, has in pairs)

    @property
    def family(self) -> tuple[str, str, str]:
        """What may be in a program once: class, group, sub."""
        return self.cclass, self.cgroup, self.csub

    def __str__(self) -> str:
        return _identifier(self.vendor, self.cclass, self.cgroup, self.csub, self.cvariant)


@dataclass(frozen=True)
class PackageNeed:
    """A pack that another pack asks for; `versions` is a range."""

    vendor: str
    name: str
    versions: str = ""


@dataclass(frozen=True)
class Pack:
    """One version of a pack."""

    vendor: str
    name: str
    version: str
    components: tuple[Component, ...]
    conditions: Mapping[str, Condition]
    packages: tuple[PackageNeed, ...] = ()

    @property
    def id(self) -> str:
        """`vendor::name`"""
        return f"{self.vendor}::{self.name}"

    def __str__(self) -> str:
        return f"{self.id} {self.version}"


def _identifier(vendor: str, cclass: str, cgroup: str, csub: str, cvariant: str) -> str:
    """A component's name as csolution writes it."""
    text = ":".join(part for part in (cclass, cgroup, csub) if part)
    return (f"{vendor}::" if vendor else "") + text + (f"&{cvariant}" if cvariant else "")
