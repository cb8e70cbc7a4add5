"""Imports: the same again changes nothing, what is longer brings what is new, what was rewritten is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.errors import BusyError
from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.events.imported import (
    DesiredImported,
)
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.histories.table import COLUMNS
from ldmrelease.ledger import Ledger
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.audit.desired_history import desired_at, desired_changes
from ldmrelease.services.audit.imports.desired_imports import import_changes, import_table
from ldmrelease.services.audit.imports.imported_rows import encode_rows
from ldmrelease.services.audit.imports.recorded import MOST_BYTES, MOST_ROWS
from ldmrelease.services.audit.imports.stored import imported_parts
from ldmrelease.services.context import Context, open_context, wall_clock
from ldmrelease.trust.signer import KeyProblem
from tests.examples import examples
from tests.unit.services.audit.conftest import DATA, change, size
from tests.workspace import sign_trust


def test_the_same_again_changes_nothing(context: Context) -> None:
    table = DATA / "extract.tsv"
    first = import_table(context, table)
    before = context.ledger.head()
    again = import_table(context, table)
    assert context.ledger.head() == before
    assert again.recorded.events == 0
    assert sum(each.known for each in again.recorded.parts) == sum(each.new for each in first.recorded.parts)


def test_a_longer_history_brings_what_is_new(context: Context, tmp_path: Path) -> None:
    lines = (DATA / "extract.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "extract.tsv").write_text("".join(lines[:100]))
    import_table(context, tmp_path / "extract.tsv")
    (tmp_path / "extract.tsv").write_text("".join(lines))
    found = import_table(context, tmp_path / "extract.tsv")
    assert not found.recorded.differences
    assert sum(each.new for each in found.recorded.parts) > 0
    assert sum(each.known for each in found.recorded.parts) > 0
    together = list(desired_changes(context))
    assert len(together) == sum(each.new + each.known for each in found.recorded.parts)


# What is imported in any pieces is what is imported at once: nothing twice, nothing left out.
@settings(max_examples=examples(100), deadline=None)
@given(
    cuts=st.lists(st.integers(0, 12), max_size=5),
    environments=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
)
def test_any_pieces_are_the_whole(cuts: list[int], environments: list[str], memory: Any) -> None:
    context = memory()
    changes = [change(number, environment=each) for number, each in enumerate(environments)]
    for cut in [*sorted(cuts), len(changes), len(changes)]:
        found = import_changes(context, "tree@main", changes[:cut])
        assert not found.recorded.differences
    told = sorted(desired_changes(context), key=lambda each: each.time)
    assert told == changes
    before = size(context)
    import_changes(context, "tree@main", changes)
    assert size(context) == before


@pytest.fixture(scope="module")
def memory(new_workspace: Path) -> Any:
    """Makes contexts on ledgers in memory, with the keys of a workspace."""

    workspace = load_workspace(new_workspace / FILE)

    def make() -> Context:
        ledger: Ledger = MemoryLedger.created(at=wall_clock(), actor="test", projectors=PROJECTORS)
        return Context(workspace, ledger, workspace.keyring, workspace.levels, wall_clock)

    return make


def test_a_change_that_differs_is_told_and_nothing_of_its_application_is_taken(context: Context) -> None:
    import_changes(context, "tree@main", [change(1), change(2), change(3, environment="int")])
    before = context.ledger.version("desired/prod/portal")
    rewritten = [
        change(1),
        replace(change(2), commit="f" * 40),
        change(4),
        change(3, environment="int"),
        change(5, environment="int"),
    ]
    found = import_changes(context, "tree@main", rewritten)
    assert [
        (each.environment, each.imported.commit, each.found.commit) for each in found.recorded.differences
    ] == [("prod", f"{2:040x}", "f" * 40)]
    assert context.ledger.version("desired/prod/portal") == before
    assert [each.tag for each in desired_changes(context, environment="int")] == ["3", "5"]


@pytest.mark.parametrize("left", [[], [change(1)], [change(2)]], ids=["all", "last", "first"])
def test_a_change_that_is_gone_is_told(context: Context, left: list[SettingChange]) -> None:
    import_changes(context, "tree@main", [change(1), change(2)])
    found = import_changes(context, "tree@main", left)
    assert len(found.recorded.differences) == 1
    assert [each.tag for each in desired_changes(context)] == ["1", "2"]


def test_another_source_need_not_know_what_this_one_does(context: Context) -> None:
    import_changes(context, "tree@main", [change(1)])
    found = import_changes(context, "other@main", [change(1, environment="int")])
    assert not found.recorded.differences


def test_with_since_only_what_is_later_has_to_be_the_same(context: Context) -> None:
    import_changes(context, "tree@main", [change(1), change(2)])
    found = import_changes(context, "tree@main", [change(2), change(3)], since=change(2).time)
    assert not found.recorded.differences
    assert [each.tag for each in desired_changes(context)] == ["1", "2", "3"]
    gone = import_changes(context, "tree@main", [change(3)], since=change(2).time)
    assert len(gone.recorded.differences) == 1


def test_many_changes_are_few_events(context: Context) -> None:
    changes = [change(number) for number in range(2 * MOST_ROWS + 1)]
    before = size(context)
    found = import_changes(context, "tree@main", changes)
    assert found.recorded.events == 3
    assert size(context) <= before + 4
    assert list(desired_changes(context, environment="prod", application="portal")) == changes


def test_large_changes_are_more_events(context: Context) -> None:
    changes = [change(number, "x" * 4000) for number in range(MOST_ROWS)]
    import_changes(context, "tree@main", changes)
    parts = list(imported_parts(context, context.ledger.events("desired/prod/portal"), DesiredImported))
    assert len(parts) > 1
    assert all(len(context.ledger.blob(each.body.rows)) <= MOST_BYTES for each in parts)
    assert [each.tag for each in desired_changes(context)] == [each.tag for each in changes]


def test_a_dry_run_appends_nothing(context: Context) -> None:
    before = context.ledger.head()
    found = import_changes(context, "tree@main", [change(1)], dry_run=True)
    assert found.recorded.events == 1
    assert context.ledger.head() == before


def test_rows_that_nobody_signed_are_not_there(context: Context) -> None:

    rows = encode_rows([])
    digest = context.ledger.put_blob(rows)
    body = {"environment": "prod", "application": "portal", "source": "x", "rows": digest, "count": 0}
    context.ledger.append(
        [NewEvent(EventKind.DESIRED_IMPORTED, "desired/prod/portal", body)], at=context.now(), actor="mallory"
    )
    assert list(desired_changes(context)) == []


def test_names_that_cannot_be_are_told(context: Context) -> None:
    changes = [
        change(1, environment="a/b"),
        change(2, environment="a\x1b[31m"),
        change(3, environment="x" * 300),
        change(4),
    ]
    found = import_changes(context, "tree@main", changes)
    assert len(found.unreadable) == 3
    assert [each.tag for each in desired_changes(context)] == ["4"]


def test_lines_that_cannot_be_read_are_told_and_the_rest_goes_in(context: Context, tmp_path: Path) -> None:
    table = tmp_path / "history.tsv"
    good = "2024-01-01T00:00:00Z\tprod\tportal\timage.tag\t1\t\tabc\tapplications/portal/values-prod.yaml\n"
    lines = [
        "\t".join(COLUMNS) + "\n",
        good,
        "x" * 10_000_000 + "\n",
        "a\tb\n",
        good.replace("2024-01", "2024-13"),
    ]
    table.write_text("".join([*lines, good.replace("\t1\t", "\t2\t").replace("01T00", "02T00")]))
    found = import_table(context, table)
    assert [each.line for each in found.unreadable] == [3, 4, 5]
    assert [each.tag for each in desired_changes(context)] == ["1", "2"]


def test_only_a_role_that_imports_may(workspace: Path) -> None:

    trust = workspace / "trust.yaml"
    text = trust.read_text()
    assert "[observation, import]" in text
    trust.write_text(text.replace("[observation, import]", "[observation]"))
    sign_trust(workspace)
    opened = open_context(load_workspace(workspace / FILE))
    try:
        with pytest.raises(KeyProblem, match="wrong-role"):
            import_changes(opened, "tree@main", [change(1)])
        assert list(desired_changes(opened)) == []
    finally:
        opened.ledger.close()


def test_two_who_import_at_once_do_not_import_twice(context: Context, workspace: Path) -> None:

    other = open_context(load_workspace(workspace / FILE))
    plain = context.append
    try:

        def append(*words: Any, **named: Any) -> Any:
            import_changes(other, "tree@main", [change(1)])
            return plain(*words, **named)

        context.append = append  # type: ignore[method-assign]
        with pytest.raises(BusyError):
            import_changes(context, "tree@main", [change(1)])
    finally:
        other.ledger.close()
    assert [each.tag for each in desired_changes(context)] == ["1"]


def test_a_state_is_by_what_was_known(context: Context) -> None:
    import_changes(context, "tree@main", [change(1)])
    now: datetime = context.now()
    assert desired_at(context, now)
    assert desired_at(context, now, now)
    assert not desired_at(context, now, now - timedelta(hours=1))
