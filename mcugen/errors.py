"""Every error that is the user's to mend, with the exit code that the command line gives it."""

from __future__ import annotations


class McugenError(Exception):
    """A valid request that failed.

    `message` says what went wrong and where; `hint` says what to do next, one suggestion a line.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputRejected(McugenError):
    """The model, board file, input data or option is not acceptable."""

    exit_code = 2


class DoesNotFit(McugenError):
    """The model is fine, the board is too small for it."""

    exit_code = 3
