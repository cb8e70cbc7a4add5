"""What can be wrong with the file itself, beside what `ledger.verify` finds in the log."""

import sqlite3
from collections.abc import Iterator, Sequence

from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import checkpoints
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.interface import EventCheck
from ldmrelease.ledger.sqlite import rows, schema, states
from ldmrelease.ledger.verify import Verification


def everything(
    connection: sqlite3.Connection,
    ledger: str,
    projectors: Sequence[Projector],
    checkpoint: Checkpoint | None,
    check: EventCheck | None,
) -> tuple[LedgerProblem, ...]:
    """All problems of a ledger, in one transaction of the caller."""
    broken = tuple(_file(connection))
    if broken:
        return broken
    found = list(_guards(connection))
    verification = Verification(ledger, projectors, check)
    verification.events(rows.all_rows(connection))
    verification.blobs(rows.all_blobs(connection))
    verification.states(states.all_states(connection))
    found += verification.problems
    if checkpoint is not None:
        behind = not_extending(connection, ledger, verification.walk.genesis, checkpoint)
        found += [behind] if behind else []
    return tuple(found)


def not_extending(
    connection: sqlite3.Connection, ledger: str, genesis: str, checkpoint: Checkpoint
) -> LedgerProblem | None:
    """What keeps this ledger from being a future of the checkpoint."""
    there = connection.execute("SELECT hash FROM events WHERE sequence = ?", (checkpoint.size,)).fetchone()
    (size,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
    return checkpoints.not_extending(
        checkpoint, ledger=ledger, genesis=genesis, size=size, hash_there=there[0] if there else None
    )


def _file(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    for (told,) in connection.execute("PRAGMA integrity_check(10)"):
        if told != "ok":
            yield LedgerProblem("unreadable", "file", "", str(told))


def _guards(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    """Tables, indexes and triggers that are not as they were made: somebody took a guard away."""
    expected, found = schema.as_made(), schema.as_found(connection)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield LedgerProblem("schema", name, expected.get(name, ""), found.get(name, ""))
