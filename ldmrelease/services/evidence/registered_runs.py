"""Check runs that are registered in the ledger, and checks as they are defined now."""

from collections.abc import Collection, Iterable

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.facts import (
    CheckFact,
)
from ldmrelease.domain.streams import run_stream
from ldmrelease.domain.topology import Check
from ldmrelease.services.needs import SignedHistory
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.repository_scope import out_of_scope
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Records


def registered_runs(context: SignedHistory, pinned: Pinned) -> list[RunRegistration]:
    """The runs registered for a release, by keys that may speak of all its images; oldest first."""
    events = context.ledger.events(stream=run_stream(pinned.digest), kinds=[EventKind.REGISTERED])
    return runs_that_count(events, context.records, context.keyring, pinned.release.repositories)


def runs_that_count(
    events: Iterable[Event], records: Records, keyring: Keyring, repositories: Collection[str]
) -> list[RunRegistration]:
    """Those of the registrations in events whose keys may speak of all these repositories."""
    return [
        each.body
        for each in records.counted(events, RunRegistration)
        if out_of_scope(keyring, each, "run", repositories) is None
    ]


def check_fact(check: Check) -> CheckFact:
    """A check as it is defined now; its digest covers the definition, its template and the files that it runs."""
    return CheckFact(check.name, check.digest, check.tests)
