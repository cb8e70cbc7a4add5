"""Addresses, and what of them nobody may read."""

import pytest

from ldmrelease.domain.addresses import has_query, public


@pytest.mark.parametrize(
    "text",
    [
        "https://host/x.git?access_token=hunter2",
        "https://kim:hunter2@host/x.git",
        "https://host/x.git#hunter2",
        "https://kim@host/x.git#a?hunter2",
    ],
)
def test_what_may_be_a_secret_is_taken_off_wherever_the_address_stands(text: str) -> None:
    told = public(f"fatal: unable to access '{text}/': not found, see {text}")
    assert "hunter2" not in told
    assert told.count("https://host/x.git") == 2


@pytest.mark.parametrize(
    "folder", ["oci:/srv/what?/c#", "./c#/conf", "/srv/c#", "git@host:x", "ssh://git@host/x"]
)
def test_a_folder_and_a_user_are_no_query(folder: str) -> None:
    assert not has_query(folder)
