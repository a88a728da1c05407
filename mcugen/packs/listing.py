"""What there is, beside what the TensorFlow Lite Micro runtime asks for."""

from __future__ import annotations

from mcugen.packs.pins import Pin, pin_of, pins
from mcugen.packs.resolve import fits
from mcugen.packs.store import Store, StoredPack
from mcugen.results import PackInfo, PacksResult


def list_packs(store: Store) -> PacksResult:
    """All packs of the store, and the pinned ones that it lacks."""
    stored = store.packs()
    usable = {s.pack.id.lower() for s in stored if _is_usable(s)}
    missing = tuple(f"{p.id} {p.version}" for p in pins() if p.id.lower() not in usable)
    return PacksResult(store.folder, tuple(_info(s) for s in stored), missing)


def _info(stored: StoredPack) -> PackInfo:
    version = stored.version
    pin = pin_of(stored.pack)
    return PackInfo(
        vendor=version.vendor,
        name=version.name,
        version=version.version,
        sha256=version.sha256,
        folder=stored.folder,
        components=tuple(str(c) for c in stored.pack.components),
        status=_status(stored, pin),
    )


def _status(stored: StoredPack, pin: Pin | None) -> str:
    if pin is None:
        return "other"
    if stored.pack.version == pin.version:
        return "pinned"
    return "accepted" if _is_usable(stored) else "wrong version"


def _is_usable(stored: StoredPack) -> bool:
    pin = pin_of(stored.pack)
    return pin is not None and fits(stored.pack.version, pin.accepts)
