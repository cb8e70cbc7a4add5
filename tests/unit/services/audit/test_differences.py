"""The first part in which two values differ."""

import pytest

from ldmrelease.services.audit.differences import Difference, first_difference


@pytest.mark.parametrize(
    ("stored", "again", "found"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"b": 1, "a": 2}, {"b": 2, "a": 3}, Difference("a", 2, 3)),
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, Difference("a/1/b", "x", "y")),
        ({"a": [1]}, {"a": [1, 2]}, Difference("a/1", None, 2)),
        ({"a": 1}, {}, Difference("a", 1, None)),
        ({"a": 1}, {"a": True}, Difference("a", 1, True)),
        ([], {}, Difference("", [], {})),
    ],
)
def test_it_is_found_in_the_order_of_canonical_json(
    stored: object, again: object, found: Difference | None
) -> None:
    assert first_difference(stored, again) == found
