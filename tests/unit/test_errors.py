"""Exit codes and parts of an error."""

from __future__ import annotations

import pytest

from mcugen.errors import DoesNotFit, InputRejected, McugenError


@pytest.mark.parametrize(("kind", "code"), [(McugenError, 1), (InputRejected, 2), (DoesNotFit, 3)])
def test_errors(kind: type[McugenError], code: int) -> None:
    error = kind("what went wrong", "what to do")
    assert isinstance(error, McugenError) and error.exit_code == code
    assert (str(error), error.message, error.hint) == (
        "what went wrong",
        "what went wrong",
        "what to do",
    )
    assert kind("x").hint == ""
