"""The development platform as PlatformIO sees it."""

from platformio.platform.base import PlatformBase


class McugenPlatform(PlatformBase):  # type: ignore[misc]
    """Nothing to install; PlatformIO finds the class by this name."""

    def is_embedded(self) -> bool:
        """PlatformIO would look for an uploader package, and there is none."""
        return True
