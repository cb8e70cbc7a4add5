"""The strict reader of JSON: what it takes, and what it says of what it does not."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.document_faults import MOST_FAULTS, DocumentFaults
from ldmrelease.domain.json_faults import faults_of
from ldmrelease.domain.strict_json import OF_SIGNED, Limits, read, read_limited, too_much

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_everything_that_is_json_is_read_as_it_was_written(
    value: Any, ascii: bool, indent: int | None
) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii, indent=indent).encode()) == value


@given(st.text(alphabet='{}[],:"\\u0d8bceE+-.1ntrfalsi \n', max_size=30))
def test_the_quick_look_and_the_patient_one_agree(text: str) -> None:
    quick = read(text.encode())
    assert isinstance(quick, DocumentFaults) == bool(faults_of(text, fractions=False))


@given(st.binary(max_size=60))
def test_whatever_the_bytes_are_a_value_or_faults_come_out(data: bytes) -> None:
    found = read(data)
    if isinstance(found, DocumentFaults):
        assert found.faults
        assert all(str(each) for each in found.faults)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ('{"a": 1,\n "a": 2}', "duplicate-key", "line 2, column 2, a: the key 'a' stands twice in one object"),
        ('{"a": [0, NaN]}', "not-a-number", "line 1, column 11, a[1]: NaN is not a number of JSON"),
        ('{"a": -Infinity}', "not-a-number", "line 1, column 7, a: -Infinity is not a number of JSON"),
        ("[9007199254740993]", "large-integer", "line 1, column 2, [0]: 9007199254740993 is larger than 2**53"),
        (f"[{'9' * 5000}]", "large-integer", "line 1, column 2, [0]: an integer of 5000 digits is larger than 2**53"),
        ("[1.5]", "fraction", "line 1, column 2, [0]: 1.5 is not an integer; measured values are decimal strings"),
        ('["\\ud800"]', "surrogate", "line 1, column 2, [0]: half of a surrogate pair"),
        ('{"a": }', "not-json", "line 1, column 7, a: not JSON: no value; expected a value"),
        ("[1,]", "not-json", "line 1, column 4, [0]: not JSON: a comma before the end; expected a value"),
        ("[1] 2", "not-json", "line 1, column 5: not JSON: something follows the value; expected nothing"),
        ("", "not-json", "line 1, column 1: not JSON: no value; expected a value"),
        ("{'a': 1}", "not-json", "line 1, column 2: not JSON: a key is missing; expected a key in double quotes"),
        ("[01]", "not-json", "line 1, column 2, [0]: not JSON: no value; expected a value"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 and value.isalpha() else "",
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, code: str, told: str) -> None:
    found = read(text.encode())
    assert isinstance(found, DocumentFaults)
    assert (found.first.code, str(found.first)) == (code, told)


def test_all_that_is_wrong_is_told_in_one_go() -> None:
    found = read(b'{"a": 1.5, "a": NaN, "b": {"c": 99999999999999999999, "c": []}}')
    assert isinstance(found, DocumentFaults)
    assert [(each.code, each.path) for each in found.faults] == [
        ("fraction", "a"),
        ("duplicate-key", "a"),
        ("not-a-number", "a"),
        ("large-integer", "b.c"),
        ("duplicate-key", "b.c"),
    ]


def test_no_more_is_told_than_somebody_reads() -> None:
    found = read(b"[" + b"1.5, " * 1000 + b"1]")
    assert isinstance(found, DocumentFaults)
    assert len(found.faults) == MOST_FAULTS


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbf{}", "{}".encode("utf-16"), "{}".encode("utf-16-le"), "{}".encode("utf-32-be"), b'{"a": "\xff"}'],
    ids=["utf-8 mark", "utf-16", "utf-16-le", "utf-32-be", "no utf-8"],
)  # fmt: skip
def test_another_encoding_is_refused_though_python_would_read_it(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, DocumentFaults)
    assert (found.first.code, found.first.expected) == ("encoding", "UTF-8")


def test_numbers_with_a_fraction_are_read_exactly_where_they_are_asked_for() -> None:
    assert read(b"[4.380, 1e-3, 7]", fractions=True) == [Decimal("4.380"), Decimal("0.001"), 7]
    for number in (b"1e99999", b"0." + b"1" * 100):
        found = read(b"[" + number + b"]", fractions=True)
        assert isinstance(found, DocumentFaults)
        assert found.first.code == "large-number"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'"' + b"x" * 200 + b'"', "file-too-large"),
        (b"[" * 11 + b"]" * 11, "too-deep"),
        (b"[" + b"0," * 20 + b"0]", "too-many-values"),
    ],
    ids=["size", "depth", "values"],
)
def test_limits_are_kept_before_anything_is_made(data: bytes, code: str) -> None:
    found = read(data, Limits(size=100, depth=10, values=15))
    assert isinstance(found, DocumentFaults)
    assert found.first.code == code


def test_a_text_with_brackets_is_no_depth() -> None:
    assert too_much(b'["' + b"[" * 500 + b'\\"{{{"]') is None


def test_what_is_too_large_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked = size
            return b"[" * size

    found = read_limited(Endless())  # type: ignore[arg-type]  # a file without an end
    assert isinstance(found, DocumentFaults)
    assert Endless.asked == OF_SIGNED.size + 1


def test_a_text_without_an_end_is_looked_at_once() -> None:
    # Begun again at each of its quotes, it would take hours.
    assert isinstance(read(b'["' + b'\\"' * 1_000_000), DocumentFaults)
