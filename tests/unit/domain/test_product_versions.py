"""Versions of EUPS products in their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.product_versions import NoOrder, version_key, weekly_number

ORDERED = [
    "1",
    "9.9",
    "25.0.9",
    "26.0.0a1",
    "26.0.0b1",
    "v26_0_0_rc1",
    "26.0.0.rc2",
    "26.0.0rc10",
    "26.0.0",
    "26.0.0-1-g0123abc",
    "26.0.0-12-g0123abc+4",
    "26.0.1.rc1",
    "26.0.1",
    "26.1",
    "100.0",
]


def test_versions_are_in_their_order() -> None:
    keys = [version_key(each) for each in ORDERED]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("other", ["26", "26.0", "v26.0.0", "v26_0_0", "26.0.0+7", "26.0.0+0123abc"])
def test_one_version_has_many_spellings(other: str) -> None:
    assert version_key(other) == version_key("26.0.0")


@pytest.mark.parametrize(
    "text", ["", "g0123abc+4", "w_2023_15", "main", "26.", "26.0.0-rc", "٢٦", "26.0\n", "1." * 9 + "1"]
)
def test_what_has_no_place_in_the_order_is_no_version(text: str) -> None:
    with pytest.raises(NoOrder):
        version_key(text)


@pytest.mark.parametrize("text", ["w.2023.15", "w_2023_15", "W_2023_15"])
def test_a_weekly_has_a_number_in_any_spelling(text: str) -> None:
    assert weekly_number(text) == 202315


def test_weeklies_are_in_their_order_without_padding() -> None:
    assert weekly_number("w.2023.7") < weekly_number("w.2023.15") < weekly_number("w.2024.01")


@pytest.mark.parametrize("text", ["d_2023_04_15", "v26_0_0", "w_2023", "w.2023.15\n", "w_2023_15_rsp1"])
def test_what_is_no_weekly_has_no_number(text: str) -> None:
    with pytest.raises(NoOrder):
        weekly_number(text)


@given(st.tuples(*[st.integers(0, 999_999_999)] * 3), st.tuples(*[st.integers(0, 999_999_999)] * 3))
def test_numbers_compare_as_numbers(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    keys = [version_key(".".join(map(str, each))) for each in (one, two)]
    assert (keys[0] < keys[1]) == (one < two)
    assert (keys[0] == keys[1]) == (one == two)
