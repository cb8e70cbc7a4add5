"""Rows that cannot be read: too deep, too large, or no JSON. They are damage, and told as it."""

from pathlib import Path

import pytest

from ldmrelease.ledger import (
    Damaged,
    Ledger,
)
from ldmrelease.ledger.sqlite.connection import VALUE_LIMIT
from tests.unit.ledger.test_damage import edit

DEEP = "'" + "[" * 200_000 + "]" * 200_000 + "'"


@pytest.mark.parametrize("value", [DEEP, "'{'"])
def test_a_state_that_cannot_be_read_is_damage(filled: Ledger, path: Path, value: str) -> None:
    edit(path, f"INSERT INTO states VALUES ('observed', 'dev/api', {value})")
    for reading in (lambda: filled.state("observed", "dev/api"), lambda: filled.states("observed")):
        with pytest.raises(Damaged, match="'dev/api' of the projection 'observed' cannot be read"):
            reading()


def test_a_head_too_deep_to_read_is_damage(filled: Ledger, path: Path) -> None:
    edit(path, f"UPDATE states SET value = {DEEP} WHERE projection = 'head'")
    with pytest.raises(Damaged, match="the file was cut or edited"):
        filled.require_whole()


def test_a_row_larger_than_any_of_ours_is_not_read(filled: Ledger, path: Path) -> None:
    edit(
        path,
        "INSERT INTO events SELECT sequence + 1, time, actor, kind, stream, stream_version + 1, "
        f"hex(zeroblob({VALUE_LIMIT // 2 + 1})), hash, hash FROM events ORDER BY sequence DESC LIMIT 1",
    )
    with pytest.raises(Damaged, match="a value has more than 64 MiB"):
        filled.require_whole()
    assert {each.code for each in filled.verify()} == {"unreadable"}
