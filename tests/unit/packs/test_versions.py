from __future__ import annotations

import pytest

from mcugen.errors import InputRejected
from mcugen.packs.versions import in_range, version_key

ORDER = (
    *("0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11"),
    *("1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.10.0", "2"),
)


def test_versions_are_in_the_order_of_semantic_versioning() -> None:
    assert sorted(ORDER, key=version_key) == list(ORDER)


def test_missing_numbers_are_zero_and_build_metadata_does_not_count() -> None:
    assert version_key("1") == version_key("1.0.0") == version_key("1.0+5")


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4", "1.-2", "1.0.0-", "١.0", "9" * 5000, "1\n"])
def test_what_is_no_version_is_rejected(text: str) -> None:
    with pytest.raises(InputRejected, match="no version"):
        version_key(text)


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("7.0.0", "7.0.0:7.99.99", True),
        ("7.99.99", "7.0.0:7.99.99", True),
        ("8.0.0", "7.0.0:7.99.99", False),
        ("6.9.9", "7.0.0:7.99.99", False),
        ("7.0.0-rc1", "7.0.0:7.99.99", False),
        ("9.0.0", "1.0.0", True),
        ("0.9.0", "1.0.0", False),
        ("1.0.0", ":1.0.0", True),
        ("1.0.1", ":1.0.0", False),
        ("1.9.0", "1.2.0:_", True),
        ("2.0.0", "1.2.0:_", False),
        ("1.0.0", "", True),
    ],
)
def test_ranges_include_both_ends(version: str, wanted: str, expected: bool) -> None:
    assert in_range(version, wanted) is expected
