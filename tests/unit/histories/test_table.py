"""A history as a table: every line is a change or is told, and none stops the others."""

from __future__ import annotations

from datetime import UTC, datetime

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.table import COLUMNS, MAX_LINE, read_table

HEAD = "\t".join(COLUMNS)
PATH = "applications/nublado/values-summit.yaml"
LINE = f"2023-04-21T09:30:54-07:00\tsummit\tnublado\timage.tag\tw_16\tw_15\t4c1d\t{PATH}"


def reasons(*lines: str) -> list[tuple[int | None, str]]:
    return [(each.line, each.reason) for each in read_table(lines, "t") if isinstance(each, UnreadableChange)]


def test_a_line_is_a_change_in_utc() -> None:
    assert list(read_table([HEAD, LINE], "t")) == [
        SettingChange(
            datetime(2023, 4, 21, 16, 30, 54, tzinfo=UTC),
            "summit",
            "nublado",
            "image.tag",
            "w_16",
            "w_15",
            "4c1d",
            PATH,
            line=2,
        )
    ]


def test_an_empty_tag_is_none() -> None:
    (change,) = read_table([HEAD, LINE.replace("\tw_16\tw_15", "\t\t")], "t")
    assert isinstance(change, SettingChange)
    assert (change.tag, change.previous) == (None, None)


def test_columns_are_found_by_their_names() -> None:
    cells = [*LINE.split("\t"), "more"]
    names = [*COLUMNS, "note"]
    (change,) = read_table(["\t".join(reversed(names)), "\t".join(reversed(cells))], "t")
    assert [change] == list(read_table([HEAD, LINE], "t"))


def test_what_cannot_be_read_is_told_with_its_line_and_the_others_go_on() -> None:
    found = list(read_table([HEAD, "x", LINE.replace("2023-04-21T09:30:54-07:00", "soon"), "", LINE], "t"))
    assert [type(each).__name__ for each in found] == [
        "UnreadableChange",
        "UnreadableChange",
        "SettingChange",
    ]
    assert reasons(HEAD, "x", LINE.replace("summit\t", "\t", 1)) == [
        (2, "1 columns, where the first line has 8"),
        (3, "no environment"),
    ]
    assert reasons(HEAD, "x" * (MAX_LINE + 1)) == [(2, f"longer than {MAX_LINE} characters")]


def test_without_its_columns_it_is_no_table() -> None:
    assert reasons("date\ttag", LINE) == [
        (
            1,
            "no column environment, application, key, previous_tag, commit, path; the first line names the columns",
        )
    ]
    assert len(reasons()) == 1
