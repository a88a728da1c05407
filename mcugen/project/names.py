"""Names that are safe in C, in file names and in PlatformIO's configuration."""

from __future__ import annotations

import re

from mcugen.errors import InputRejected

# A library's header must not hide one of the C library's, nor the platform's own names.
_RESERVED = {
    *("assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits"),
    *("locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic", "stdbool"),
    *("stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads"),
    *("time", "uchar", "wchar", "wctype", "main", "mcugen", "mcugen_board", "malloc", "new"),
}
_MAX_LENGTH = 40


def prefix_from(stem: str) -> str:
    """A C prefix from a file's name: lower case, letters, digits and underscores."""
    prefix = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:_MAX_LENGTH].strip("_")
    if not prefix or prefix[0].isdigit() or prefix in _RESERVED:
        prefix = f"model_{prefix}".rstrip("_")
    return prefix


def checked_prefix(prefix: str) -> str:
    """A prefix that the user chose; raises InputRejected if it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", prefix) or prefix in _RESERVED:
        raise InputRejected(
            f"{prefix!r} cannot be the prefix of the generated names",
            "use at most 40 lower-case letters, digits and underscores, a letter first, "
            f"for example: --name {prefix_from(prefix)}",
        )
    return prefix
