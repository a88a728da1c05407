"""Names that are safe in C, in file names and in PlatformIO's configuration."""

from __future__ import annotations

import re

from mcugen.errors import InputRejected

# A library's header <prefix>.h must not hide one of the C library's (ISO C, POSIX, newlib), of
# CMSIS or of a framework, whatever the case of its letters; nor one of ours. And Windows has names
# that no file can bear.
_RESERVED = {
    *("assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits"),
    *("locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic", "stdbool"),
    *("stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads"),
    *("time", "uchar", "wchar", "wctype", "unwind", "features", "endian", "byteswap", "alloca"),
    *("ar", "argz", "cpio", "devctl", "dirent", "elf", "envlock", "envz", "fastmath", "fcntl"),
    *("fnmatch", "getopt", "glob", "grp", "iconv", "ieeefp", "langinfo", "libgen", "malloc"),
    *("memory", "ndbm", "newlib", "paths", "poll", "pthread", "pwd", "reent", "regdef", "regex"),
    *("sched", "search", "semaphore", "spawn", "stdio_ext", "strings", "syslog", "tar", "termios"),
    *("unctrl", "unistd", "utime", "utmp", "values", "wait", "wordexp", "arm_acle", "arm_neon"),
    *("arm_mve", "arm_math", "cmsis_gcc", "cmsis_compiler", "arduino", "wire", "spi", "servo"),
    *("main", "mcugen", "mcugen_board", "new", "delete"),
    *("con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))),
}
_MAX_LENGTH = 40


def prefix_from(stem: str) -> str:
    """A C prefix from a file's name: lower case, letters, digits and underscores."""
    prefix = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    if not prefix or prefix[0].isdigit() or prefix in _RESERVED:
        prefix = f"model_{prefix}"
    prefix = prefix[:_MAX_LENGTH].rstrip("_")
    return f"model_{prefix}" if prefix in _RESERVED else prefix


def checked_prefix(prefix: str) -> str:
    """A prefix that the user chose; raises InputRejected if it cannot be one."""
    is_word = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", prefix)
    if not is_word or len(prefix) > _MAX_LENGTH or prefix in _RESERVED:
        raise InputRejected(
            f"{prefix!r} cannot be the prefix of the generated names",
            "use at most 40 lower-case letters, digits and single underscores, a letter first, and "
            f"no name of a system header, for example: --name {prefix_from(prefix)}",
        )
    return prefix
