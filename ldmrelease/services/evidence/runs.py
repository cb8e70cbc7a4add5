"""Check runs that are registered in the ledger, and checks as they are defined now."""

from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.facts import (
    CheckFact,
)
from ldmrelease.domain.records import RunRegistration
from ldmrelease.domain.topology import Check
from ldmrelease.services.context import Context
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.repository_scope import out_of_scope
from ldmrelease.trust.records import VerifiedRecord, verify_record


def runs_stream(release: str) -> str:
    """The ledger stream of the check runs of a release."""
    return f"runs/{release}"


def registered_runs(context: Context, pinned: Pinned) -> list[RunRegistration]:
    """The runs registered for a release, by keys that may speak of all its images; oldest first."""
    events = context.ledger.events(stream=runs_stream(pinned.digest), kinds=[EventKind.REGISTERED])
    opened = (verify_record(each.body, RunRegistration, context.keyring, at=each.time) for each in events)
    repositories = pinned.release.repositories
    return [
        each.act
        for each in opened
        if isinstance(each, VerifiedRecord) and out_of_scope(context, each, "run", repositories) is None
    ]


def check_fact(check: Check) -> CheckFact:
    """A check as it is defined now; its digest covers the definition."""
    definition = canonical.to_plain(check)
    if check.results is None:
        # Checks from before there were such results keep their digest, and their runs count.
        del definition["results"]
    return CheckFact(check.name, canonical.digest_of(definition), check.tests)
