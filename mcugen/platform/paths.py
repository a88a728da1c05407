"""Where the platform's files are."""

from __future__ import annotations

from pathlib import Path

PLATFORM_DIR = Path(__file__).parent
SUPPORT_DIR = PLATFORM_DIR / "support"
