"""Reads pack descriptions (PDSC): XML from whoever made the pack, so nothing in it is trusted."""

from __future__ import annotations

import re
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mcugen.errors import InputRejected
from mcugen.packs.model import (
    Component,
    Condition,
    File,
    Pack,
    PackageNeed,
    Request,
    Requirement,
)
from mcugen.packs.versions import in_range, version_key

MAX_PDSC_BYTES = 16 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"*:<>?|\[\]]')
_KINDS: dict[str, Literal["require", "accept", "deny"]] = {
    "require": "require",
    "accept": "accept",
    "deny": "deny",
}
_COMPONENT_ATTRIBUTES = ("Cclass", "Cgroup", "Csub", "Cvariant", "Cvendor")


def parse_pdsc(data: bytes, where: str) -> Pack:
    """The pack that a PDSC describes, in the newest version that it lists.

    Raises InputRejected, naming `where`, if it is no PDSC or names a file outside the pack.
    """
    try:
        return _pack(_root(data))
    except InputRejected as error:
        raise InputRejected(f"{where}: {error.message}", error.hint) from None


def _root(data: bytes) -> Element:
    if len(data) > MAX_PDSC_BYTES:
        raise InputRejected(f"the pack description is larger than {MAX_PDSC_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputRejected("the pack description is not UTF-8 text") from None
    if "<!DOCTYPE" in text:  # entities can grow without bound or name files
        raise InputRejected("the pack description has a document type, which none needs")
    try:
        # From a string, so that a declared encoding does not matter.
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputRejected(f"the pack description is not valid XML: {error}") from None
    if root.tag != "package":
        raise InputRejected("this is no pack description: its root is not <package>")
    return root


def _pack(root: Element) -> Pack:
    vendor, name = (_identity(root, tag) for tag in ("vendor", "name"))
    versions = [r.get("version", "") for r in root.iterfind("releases/release")]
    if not versions:
        raise InputRejected("the pack description lists no release")
    conditions = (_condition(e) for e in root.iterfind("conditions/condition"))
    packages = root.iterfind("requirements/packages/package")
    return Pack(
        vendor=vendor,
        name=name,
        version=max(versions, key=version_key),
        components=tuple(_components(root, vendor)),
        conditions={c.id: c for c in conditions},
        packages=tuple(_package(e) for e in packages),
    )


def _identity(root: Element, tag: str) -> str:
    """Becomes part of a path."""
    text = (root.findtext(tag) or "").strip()
    if not _NAME.fullmatch(text):
        raise InputRejected(f"the pack's {tag} {text[:60]!r} is not a plain name")
    return text


def _package(element: Element) -> PackageNeed:
    need = PackageNeed(*(element.get(key, "") for key in ("vendor", "name", "version")))
    in_range("0.0.0", need.versions)  # is a range
    return need


def _condition(element: Element) -> Condition:
    rules = tuple(_requirement(e) for e in element if e.tag in _KINDS)
    return Condition(element.get("id", ""), rules)


def _requirement(element: Element) -> Requirement:
    component = None
    if element.get("Cclass"):
        cclass, cgroup, csub, cvariant, vendor = (
            element.get(key, "") for key in _COMPONENT_ATTRIBUTES
        )
        versions = element.get("Cversion", "")
        in_range("0.0.0", versions)
        component = Request(cclass, cgroup, csub, cvariant, vendor, versions)
    attributes = sorted((k, v) for k, v in element.attrib.items() if k[0] in "DBTP")
    return Requirement(
        _KINDS[element.tag], tuple(attributes), component, element.get("condition", "")
    )


def _components(root: Element, vendor: str) -> list[Component]:
    found = [_component(e, {}, vendor) for e in root.iterfind("components/component")]
    for bundle in root.iterfind("components/bundle"):
        shared = {key: bundle.get(key, "") for key in ("Cclass", "Cversion", "Cvendor")}
        found += [_component(e, shared, vendor) for e in bundle.iterfind("component")]
    return found


def _component(element: Element, shared: dict[str, str], pack_vendor: str) -> Component:
    values = shared | dict(element.attrib)
    missing = [key for key in ("Cclass", "Cgroup") if not values.get(key)]
    if missing:
        raise InputRejected(f"a component has no {missing[0]}")
    version_key(values.get("Cversion") or "0")
    return Component(
        vendor=values.get("Cvendor") or pack_vendor,
        cclass=values["Cclass"],
        cgroup=values["Cgroup"],
        csub=values.get("Csub", ""),
        cvariant=values.get("Cvariant", ""),
        version=values.get("Cversion", ""),
        condition=values.get("condition", ""),
        is_default=values.get("isDefaultVariant", "") in ("true", "1"),
        files=tuple(_file(e) for e in element.iterfind("files/file")),
        pre_include_global=_text(element, "Pre_Include_Global_h"),
        pre_include_local=_text(element, "Pre_Include_Local_Component_h"),
        rte_components=_text(element, "RTE_Components_h"),
    )


def _text(element: Element, tag: str) -> str:
    """Lines without the indentation that comes from the XML."""
    lines = (line.strip() for line in (element.findtext(tag) or "").splitlines())
    return "\n".join(line for line in lines if line)


def _file(element: Element) -> File:
    return File(
        name=_path(element.get("name", "")),
        category=element.get("category", ""),
        attr=element.get("attr", ""),
        condition=element.get("condition", ""),
        include=_path(element.get("path", "")),
    )


def _path(text: str) -> str:
    """A path in the pack in its shortest form; the pack's own folder is empty."""
    parts: list[str] = []
    for part in text.strip().replace("\\", "/").split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part == "..":
            raise InputRejected(f"the path {text[:80]!r} leads out of the pack")
        elif part not in ("", "."):
            parts.append(part)
    if text.strip()[:1] in ("/", "\\") or _UNSAFE.search("/".join(parts)):
        raise InputRejected(f"the path {text[:80]!r} is not a plain path inside the pack")
    return "/".join(parts)
