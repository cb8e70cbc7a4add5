"""What is looked at when a file is opened (docs/decisions/0033, 0067): the rows behind the signed index, each hashed
and held against the one before it; without one, the chain of all rows.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from ldmrelease import logs
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.ledger import log
from ldmrelease.ledger.errors import Damaged
from ldmrelease.ledger.index.ledger_index import IndexBuilder, LedgerIndex
from ldmrelease.ledger.index.merkle_pages import PageMissing, Pages
from ldmrelease.ledger.interface import EventRow, IndexTrust
from ldmrelease.ledger.sqlite import rows, verify

_BROKEN = """
SELECT min(sequence) FROM (
    SELECT sequence FROM events AS here
    WHERE sequence > 1
    AND previous IS NOT (SELECT hash FROM events AS before WHERE before.sequence = here.sequence - 1)
    UNION ALL
    SELECT max(sequence) FROM events GROUP BY stream HAVING count(*) <> max(stream_version)
) HAVING min(sequence) IS NOT NULL
"""
"""The first row that names another one before it than is there, or whose stream has a gap. Hashes are of the rows
that are read, which are hashed then."""

_TAIL = 2000
"""So many of the latest rows are hashed, and looked for in every index, where nobody may sign an index; those before
are hashed when they are read."""


def latest_index(connection: sqlite3.Connection, ledger: str, trust: IndexTrust) -> IndexCheckpoint | None:
    """The newest roots that are believed. That their event stands in the chain is for the walk behind them to show."""
    sql = "SELECT * FROM events WHERE kind = ? ORDER BY sequence DESC"
    for found in connection.execute(sql, (str(EventKind.INDEX_SIGNED),)):
        try:
            roots = trust.believed(log.checked(ledger, found))
        except Damaged:
            roots = None
        if roots is not None:
            return roots
    return None


def require_chain(connection: sqlite3.Connection, ledger: str, path: Path, size: int) -> None:
    """Raise `Damaged` where the chain of all rows has a gap, or one of the latest is not what was appended."""
    for row in rows.all_rows(connection, size - _TAIL):
        log.require_hash(ledger, row)
    broken = connection.execute(_BROKEN).fetchone()
    if broken is not None:
        raise _not_following(path, broken[0])
    verify.require_counted(connection, path)
    verify.require_indexed(connection, path, size - _TAIL)


def require_tail(connection: sqlite3.Connection, ledger: str, path: Path, index: LedgerIndex | None) -> None:
    """Raise `Damaged` where a row behind the index, or any one without an index, is not what was appended there."""
    behind = index.size if index is not None else 0
    for _ in walked(rows.all_rows(connection, behind), ledger, path, index):
        pass
    if index is None:
        verify.require_counted(connection, path)
    verify.require_indexed(connection, path, behind)


def walked(
    found: Iterable[EventRow], ledger: str, path: Path, index: LedgerIndex | None
) -> Iterator[EventRow]:
    """The rows behind an index, or all of them: each hashed, and behind the one before it, in its stream too."""
    size, previous = (index.size, index.roots.head) if index is not None else (0, log.FIRST_PREVIOUS)
    versions: dict[str, int] = {}
    for row in found:
        log.require_hash(ledger, row)
        before = versions.get(row.stream)
        if before is None:
            before = index.stream(row.stream).count if index is not None else 0
        if (row.sequence, row.previous, row.stream_version) != (size + 1, previous, before + 1):
            raise _not_following(path, row.sequence)
        size, previous, versions[row.stream] = row.sequence, row.hash, row.stream_version
        yield row


def extended(
    connection: sqlite3.Connection, ledger: str, path: Path, base: IndexCheckpoint | None, pages: Pages
) -> IndexCheckpoint:
    """The roots for all events so far, from an earlier index. Raises `PageMissing`, and `Damaged` as `walked` does."""

    def absent() -> Pages:
        raise PageMissing

    behind = LedgerIndex(base, pages, absent) if base is not None else None
    builder = IndexBuilder(pages, base)
    for row in walked(rows.all_rows(connection, builder.size), ledger, path, behind):
        builder.take(row)
    return builder.roots()


def made_anew(connection: sqlite3.Connection, ledger: str, path: Path, roots: IndexCheckpoint) -> Pages:
    """The pages of an index, from all rows that it covers. Raises `Damaged` where they make another one."""
    with logs.asked(
        "ledger", f"make the index of {roots.size} events of {path} anew: its pages are lost or edited"
    ):
        builder = IndexBuilder(Pages(lambda _: None))
        for row in walked(rows.all_rows(connection, 0, roots.size), ledger, path, None):
            builder.take(row)
        if builder.size != roots.size or builder.roots() != roots:
            raise Damaged(
                f"{path}: the first {roots.size} events are not those that the signed index names: rows were replaced; "
                "`ledger verify` says where"
            )
    return builder.pages


def _not_following(path: Path, sequence: int) -> Damaged:
    return Damaged(
        f"{path}: event {sequence} does not follow on what stands before it: rows were taken out, moved or put in; "
        "`ledger verify` says where"
    )
