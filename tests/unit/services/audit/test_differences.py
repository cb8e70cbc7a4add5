"""The first part in which two values differ."""

import pytest

from ldmrelease.services.audit.differences import FirstDifference, first_difference


@pytest.mark.parametrize(
    ("stored", "again", "found"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"b": 1, "a": 2}, {"b": 2, "a": 3}, FirstDifference("a", 2, 3)),
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, FirstDifference("a/1/b", "x", "y")),
        ({"a": [1]}, {"a": [1, 2]}, FirstDifference("a/1", None, 2)),
        ({"a": 1}, {}, FirstDifference("a", 1, None)),
        ({"a": 1}, {"a": True}, FirstDifference("a", 1, True)),
        ([], {}, FirstDifference("", [], {})),
    ],
)
def test_it_is_found_in_the_order_of_canonical_json(
    stored: object, again: object, found: FirstDifference | None
) -> None:
    assert first_difference(stored, again) == found
