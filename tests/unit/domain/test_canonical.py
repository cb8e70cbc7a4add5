"""Canonical JSON: what Python sorts is what RFC 8785 sorts, since no key leaves ASCII."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain import canonical

BEHIND, BEFORE = "\ufffd", "\U0001f52d"
"""U+FFFD is before U+1F52D by code point, and behind it by UTF-16 unit."""


def test_python_sorts_by_code_point_and_not_by_utf_16_unit():
    assert list(json.loads(json.dumps({BEFORE: 1, BEHIND: 2}, sort_keys=True))) == [BEHIND, BEFORE]
    assert sorted([BEHIND, BEFORE], key=lambda key: key.encode("utf-16-be")) == [BEFORE, BEHIND]


@pytest.mark.parametrize("of", [lambda key: {key: 1}, lambda key: {"in": [{key: 1}]}])
@pytest.mark.parametrize("key", ["é", BEHIND, BEFORE])
def test_a_key_that_is_not_ascii_is_refused_at_any_depth(key: str, of: Callable[[str], object]):
    with pytest.raises(canonical.NotCanonical, match="not ASCII"):
        canonical.encode(of(key))


@given(st.dictionaries(st.text(st.characters(codec="ascii")), st.integers(0, 9) | st.text(), max_size=9))
def test_keys_are_in_the_order_of_their_utf_16_units(values: dict[str, object]):
    pairs = json.loads(canonical.encode(values), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert keys == sorted(values, key=lambda key: key.encode("utf-16-be"))
