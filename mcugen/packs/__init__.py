"""CMSIS-Packs: reads them, chooses components, and makes PlatformIO libraries of them."""

from mcugen.packs.library import ConfigFile, PackLibrary, library
from mcugen.packs.model import Context, Request
from mcugen.packs.store import PackVersion, Store

__all__ = ["ConfigFile", "Context", "PackLibrary", "PackVersion", "Request", "Store", "library"]
