"""Fetches the pinned packs with cmsis-pack-manager."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.sax.saxutils import escape

from mcugen.errors import McugenError
from mcugen.packs.pins import Pin, file_sha256, pins
from mcugen.packs.store import Store
from mcugen.progress import Progress, silent


def install(store: Store, progress: Progress = silent) -> dict[str, str]:
    """Downloads the pinned packs that `store` lacks: file name → its SHA-256.

    What arrived before a failure stays: the next call goes on from there. Raises McugenError if
    cmsis-pack-manager is missing or a pack cannot be had.
    """
    here = {(s.pack.id.lower(), s.pack.version) for s in store.packs()}
    missing = [pin for pin in pins() if (pin.id.lower(), pin.version) not in here]
    downloads = store.folder / ".downloads"
    hashes = {}
    for done, pin in enumerate(missing):
        progress(f"fetching {pin.id} {pin.version}", done, len(missing))
        archive = _download(pin, downloads)
        hashes[pin.file_name] = file_sha256(archive)
        try:
            store.add(archive)
        finally:
            archive.unlink()  # a file that is not sound must be fetched again
    shutil.rmtree(downloads, ignore_errors=True)
    return hashes


def _download(pin: Pin, folder: Path) -> Path:
    """The .pack file, fetched unless it is there; raises McugenError."""
    try:
        from cmsis_pack_manager import Cache, CmsisPackRef
    except ImportError:
        raise McugenError(
            "cmsis-pack-manager, which fetches packs, is not installed",
            "pip install 'mcugen[packs]'\nwithout a network: mcugen packs add PATH",
        ) from None
    archive = folder / pin.vendor / pin.name / f"{pin.version}.pack"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # It fetches what a description names; from an index it would get the newest version only.
        description = folder / f"{pin.vendor}.{pin.name}.{pin.version}.pdsc"
        description.write_text(_description(pin), encoding="utf-8")
    except OSError as error:
        raise McugenError(
            f"cannot write {folder}: {error.strerror}",
            "set MCUGEN_PACKS to a folder that can be written",
        ) from error
    reason = ""
    try:
        cache = Cache(True, False, json_path=str(folder), data_path=str(folder))
        cache.download_pack_list([CmsisPackRef(pin.vendor, pin.name, pin.version)])
    except Exception as error:  # it raises nothing more specific, and its failures mostly silently
        reason = f": {error}"
    if not archive.is_file():
        raise McugenError(
            f"could not fetch {pin.url}{pin.file_name}{reason}",
            "check the network connection, or a proxy in HTTPS_PROXY, and run it again\n"
            "without a network: fetch the file elsewhere, then mcugen packs add PATH",
        )
    return archive


def _description(pin: Pin) -> str:
    """What cmsis-pack-manager wants to know; it crashes on elements without text."""
    vendor, name, url, version = map(escape, (pin.vendor, pin.name, pin.url, pin.version))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<package schemaVersion="1.4">'
        f"<vendor>{vendor}</vendor><name>{name}</name><description>{name}</description>"
        f'<url>{url}</url><releases><release version="{version}">{version}</release></releases>'
        "</package>\n"
    )
