"""mcugen doctor"""

from __future__ import annotations

from mcugen.cli.common import command
from mcugen.console import Console
from mcugen.diagnosis import doctor as examine
from mcugen.report.text_setup import doctor_view


@command
def doctor(console: Console) -> int:
    """Checks what is installed, what is missing, and how to get it.

    Exits with 1 if something is missing that building and emulating need.
    """
    result = examine()
    console.result(result, doctor_view(result))
    return 0 if result.ok else 1
