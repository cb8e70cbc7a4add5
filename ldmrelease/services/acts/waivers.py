"""Waivers as the ledger has them: who gave each, in which roles it counts, and why one does not."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.acts import Waiver, WaiverWithdrawn
from ldmrelease.domain.facts import WaiverFact
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import waiver_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.acts.approvals import MOST_UNCOUNTED
from ldmrelease.services.acts.requests import ActsLedger
from ldmrelease.trust.authorize import roles_within
from ldmrelease.trust.verify import Rejected

UNREADABLE = "unreadable"


class GivenWaiver(Struct, frozen=True):
    """A waiver that stands in the ledger, as `approvals.GivenApproval` is."""

    event: Event
    body: Waiver | None
    person: str = ""
    roles: tuple[str, ...] = ()
    code: str | None = None

    @property
    def name(self) -> str:
        """Its id, or where it stands."""
        return self.body.waiver if self.body is not None else f"event {self.event.sequence}"


def waivers_of(ledger: ActsLedger, release: str, repositories: tuple[str, ...]) -> tuple[GivenWaiver, ...]:
    """Every waiver for the release of a digest, with images in these repositories, oldest first."""
    return tuple(_in_stream(ledger, release, repositories))


def _in_stream(ledger: ActsLedger, release: str, repositories: tuple[str, ...]) -> Iterator[GivenWaiver]:
    events = list(ledger.of_stream(waiver_stream(release)))
    withdrawn = [
        (each.body.waiver, each.body.scope, each.event.sequence)
        for each in ledger.records.counted(events, WaiverWithdrawn)
    ]
    earlier: list[GivenWaiver] = []
    for event in events:
        if event.kind != EventKind.WAIVED:
            continue
        found = _given(ledger, event, repositories)
        if found.code is None:
            found = _beside(found, earlier)
        if found.code is None:
            earlier.append(found)
            if _is_withdrawn(found, withdrawn):
                found = _refused(found, "withdrawn")
        yield found


def _is_withdrawn(found: GivenWaiver, withdrawn: Iterable[tuple[str, str, int]]) -> bool:
    """Whether it was taken back later, for where it is: a role of elsewhere takes nothing back here."""
    return found.body is not None and any(
        (name, scope) == (found.name, found.body.scope) and sequence > found.event.sequence
        for name, scope, sequence in withdrawn
    )


def _beside(found: GivenWaiver, earlier: Iterable[GivenWaiver]) -> GivenWaiver:
    """A waiver counts once, and who has waived something here does not do it again: that is for somebody else."""
    for each in earlier:
        if each.name == found.name:
            return _refused(found, "same-id")
        if each.person == found.person and _same(each, found):
            return _refused(found, "same-person-renews")
    return found


def _same(one: GivenWaiver, other: GivenWaiver) -> bool:
    """Whether both waive one requirement as it is defined, at one place."""
    a, b = one.body, other.body
    assert a is not None
    assert b is not None
    return (a.requirement, a.definition) == (b.requirement, b.definition) and overlap(a.scope, b.scope)


def overlap(one: str, other: str) -> bool:
    """Whether two scopes have a place in common. Raises `ValueError`."""
    a, b = ActScope.parse(one), ActScope.parse(other)
    if a.environment is None or b.environment is None:
        return a.level == b.level
    return a.environment == b.environment and (
        None in (a.application, b.application) or a.application == b.application
    )


def _refused(found: GivenWaiver, code: str) -> GivenWaiver:
    return GivenWaiver(found.event, found.body, found.person, found.roles, code)


def _given(ledger: ActsLedger, event: Event, repositories: tuple[str, ...]) -> GivenWaiver:
    record = ledger.records.read(event, Waiver)
    if isinstance(record, Rejected):
        return GivenWaiver(event, claimed_body(event, Waiver), code=record.code)
    body = record.body
    roles = roles_within(record.roles, "waiver", record.key, ledger.keyring, repositories)
    if isinstance(roles, Rejected):
        return GivenWaiver(event, body, record.person, code=roles.code)
    if ActScope.parse(body.scope).environment is None:
        return GivenWaiver(event, body, record.person, roles, "wrong-scope")
    return GivenWaiver(event, body, record.person, roles)


def waiver_facts(given: Iterable[GivenWaiver], place: Place, level: str) -> tuple[WaiverFact, ...]:
    """The waivers for a place, as facts; what cannot be read among them.

    Of those that do not count the first `MOST_UNCOUNTED`, as with approvals.
    """
    asked = [each for each in given if _covers(each, place, level)]
    shown = {id(each) for each in [each for each in asked if each.code is not None][:MOST_UNCOUNTED]}
    return tuple(_fact(each) for each in asked if each.code is None or id(each) in shown)


def _covers(given: GivenWaiver, place: Place, level: str) -> bool:
    if given.body is None:
        return True
    try:
        return ActScope.parse(given.body.scope).covers(place, level)
    except ValueError:
        return True


def _fact(given: GivenWaiver) -> WaiverFact:
    body, received = given.body, given.event.time
    if body is None:
        code = given.code or UNREADABLE
        return WaiverFact(given.name, "", (), "", "", "", (), received, received, False, code)
    return WaiverFact(
        waiver=body.waiver,
        person=given.person,
        roles=given.roles,
        scope=body.scope,
        requirement=body.requirement,
        definition=body.definition,
        failing=body.failing,
        received=received,
        expires=body.expires,
        counted=given.code is None,
        code=given.code,
        renews=body.renews,
        reason=body.reason,
    )
