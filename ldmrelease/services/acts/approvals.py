"""Approvals as the ledger has them: who gave each, in which roles it counts, and why one does not.

What counts is what a key signed that may speak of the place and of all images of the release (trust.md section 2).
Whatever else stands there is seen, with its code.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.acts import Approval, ApprovalWithdrawn, ObservedApproval
from ldmrelease.domain.facts import ApprovalFact, Intent
from ldmrelease.domain.release import Release
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import approval_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.acts.requests import ActsLedger, ended_after, has_ended
from ldmrelease.trust.authorize import roles_within
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.verify import Rejected

KINDS = (EventKind.APPROVED, EventKind.APPROVAL_OBSERVED)
MOST_UNCOUNTED = 50
"""Approvals that do not count, and are told in a decision all the same."""
UNREADABLE = "unreadable"
"""The code of what cannot even be read as an approval."""


class GivenApproval(Struct, frozen=True):
    """An approval that stands in the ledger. `body` is None where it cannot be read, `code` says why it does not count;
    `person` is whoever's key signed it, empty where none did that counts; `elsewhere` are the persons whom another
    system names, as far as the trust document knows them.
    """

    event: Event
    body: Approval | ObservedApproval | None
    person: str = ""
    roles: tuple[str, ...] = ()
    code: str | None = None
    elsewhere: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its id, or where it stands."""
        return self.body.approval if self.body is not None else f"event {self.event.sequence}"

    @property
    def persons(self) -> tuple[str, ...]:
        """Who approved: the signer, or whom another system names."""
        if isinstance(self.body, ObservedApproval):
            return self.elsewhere or self.body.source.persons
        return (self.person,) if self.person else ()


class ApprovedRelease(Struct, frozen=True):
    """What approvals may be of: the digests of a release and of its content, and the repositories of its images."""

    digest: str
    content: str | None
    repositories: tuple[str, ...]

    @classmethod
    def of(cls, release: Release, digest: str) -> "ApprovedRelease":
        """A release as it is pinned."""
        return cls(digest, release.content, release.repositories)


def approvals_of(ledger: ActsLedger, release: ApprovedRelease) -> tuple[GivenApproval, ...]:
    """Every approval of a release or of its content, in the order in which they were given."""
    found: list[GivenApproval] = []
    for subject in dict.fromkeys((release.digest, release.content)):
        if subject is not None:
            found += _in_stream(ledger, subject, release.repositories)
    return tuple(sorted(found, key=lambda each: each.event.sequence))


def _in_stream(ledger: ActsLedger, subject: str, repositories: tuple[str, ...]) -> Iterator[GivenApproval]:
    events = list(ledger.of_stream(approval_stream(subject)))
    withdrawn = [
        (each.person, each.body.approval, each.event.sequence)
        for each in ledger.records.counted(events, ApprovalWithdrawn)
    ]
    known: set[tuple[str, str]] = set()
    for event in events:
        if event.kind not in KINDS:
            continue
        found = _given(ledger, event, repositories)
        if found.code is None and (found.person, found.name) in known:
            found = _refused(found, "same-id")
        # Nobody takes the id of what somebody else will approve: the next one is easy to tell.
        if found.code is None:
            known.add((found.person, found.name))
        if found.code is None and any(
            (person, name) == (found.person, found.name) and sequence > event.sequence
            for person, name, sequence in withdrawn
        ):
            found = _refused(found, "withdrawn")
        yield found


def _refused(found: GivenApproval, code: str) -> GivenApproval:
    return replace(found, code=code)


def _given(ledger: ActsLedger, event: Event, repositories: tuple[str, ...]) -> GivenApproval:
    record = ledger.records.verify(event)
    if isinstance(record, Rejected):
        return GivenApproval(event, _claimed(event), code=record.code)
    body = record.body
    assert isinstance(body, Approval | ObservedApproval)
    type = "approval" if isinstance(body, Approval) else "observed-approval"
    roles = roles_within(record.roles, type, record.key, ledger.keyring, repositories)
    if isinstance(roles, Rejected):
        return GivenApproval(event, body, record.person, code=roles.code)
    if isinstance(body, Approval):
        return GivenApproval(event, body, record.person, roles)
    return _observed(event, body, record.person, ledger.keyring)


def _observed(event: Event, body: ObservedApproval, person: str, keyring: Keyring) -> GivenApproval:
    """Of those whom another system names the persons that the trust document knows: a spelling is no person."""
    found = (keyring.person_of(body.source.system, each) for each in body.source.persons)
    known = tuple(dict.fromkeys(each for each in found if each is not None))
    code = None if known else "unknown-person"
    return GivenApproval(event, body, person, (body.role,), code, known)


def _claimed(event: Event) -> Approval | ObservedApproval | None:
    if event.kind == EventKind.APPROVED:
        return claimed_body(event, Approval)
    return claimed_body(event, ObservedApproval)


def approval_facts(
    ledger: ActsLedger,
    given: Iterable[GivenApproval],
    release: ApprovedRelease,
    place: Place,
    level: str,
    intent: Intent,
    alias: str | None,
) -> tuple[ApprovalFact, ...]:
    """The approvals that were given for a place, as facts; what cannot be read, and may be of any place, among them.

    Of those that do not count the first `MOST_UNCOUNTED`: anybody who can write rows can write a great many.
    """
    asked = [each for each in given if _covers(each, place, level)]
    shown = {id(each) for each in [each for each in asked if each.code is not None][:MOST_UNCOUNTED]}
    return tuple(
        _fact(each, each.code or _not_for(ledger, each, release, place, intent, alias))
        for each in asked
        if each.code is None or id(each) in shown
    )


def _covers(given: GivenApproval, place: Place, level: str) -> bool:
    if given.body is None:
        return True
    try:
        return ActScope.parse(given.body.scope).covers(place, level)
    except ValueError:
        return True


def _not_for(
    ledger: ActsLedger,
    given: GivenApproval,
    release: ApprovedRelease,
    place: Place,
    intent: Intent,
    alias: str | None,
) -> str | None:
    """Why an approval that is in order does not count for what is asked."""
    body = given.body
    if body is None:
        return UNREADABLE
    if isinstance(body, Approval) and body.intent is not intent:
        return "other-intent"
    if body.alias != alias:
        return "other-alias"
    request = body.request if isinstance(body, Approval) else None
    if request is not None:
        return "request-ended" if has_ended(ledger, request) else None
    return "used" if ended_after(ledger, given.event, release.digest, place, intent, alias) else None


def _fact(given: GivenApproval, code: str | None) -> ApprovalFact:
    body = given.body
    received: datetime = given.event.time
    if body is None:
        return ApprovalFact(given.name, (), (), "", "", {}, received, received, False, code or UNREADABLE)
    own = body if isinstance(body, Approval) else None
    if own is not None and not all(each.requirement.isascii() for each in own.basis):
        code = code or UNREADABLE
    source = None if own is not None else _source(body)
    return ApprovalFact(
        approval=body.approval,
        persons=given.persons,
        roles=given.roles,
        subject=body.subject,
        scope=body.scope,
        # Of one that does not count the basis is asked by nobody, and may be what no decision can be stored with.
        basis=_basis(own) if own is not None and code is None else {},
        received=received,
        expires=body.expires,
        counted=code is None,
        code=code,
        source=source,
        waivers=own.waivers if own is not None else (),
    )


def _basis(body: Approval) -> dict[str, tuple[str, str]]:
    return {each.requirement: (each.definition, str(each.outcome)) for each in body.basis}


def _source(body: Approval | ObservedApproval) -> str | None:
    return f"{body.source.system}:{body.source.reference}" if isinstance(body, ObservedApproval) else None


def signed_by(given: Iterable[GivenApproval], person: str) -> tuple[GivenApproval, ...]:
    """Those that a person signed and that count so far."""
    return tuple(each for each in given if each.person == person and each.code is None)
