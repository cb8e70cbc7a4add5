"""What a site of reports shows, as of the head of the ledger: the record of deployments, pins, evidence and people."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import EventKind, Head
from ldmrelease.domain.events.evidence import StatementReceived
from ldmrelease.domain.events.release import Pin
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.needs import ReportSources, SignedHistory
from ldmrelease.services.reports.record import DeploymentRecord, deployment_record
from ldmrelease.services.reports.site_acts import SiteActs, site_acts


class PinRevision(Struct, frozen=True):
    """A revision of a tag: what was pinned, when and by whom."""

    pin: Pin
    time: datetime
    by: str


class TakenStatement(Struct, frozen=True):
    """A statement that was taken in about `subject`; `blob` is the digest of its envelope."""

    subject: str
    blob: str
    time: datetime
    sequence: int


class SiteRecord(Struct, frozen=True):
    """As of `now`, the time of the ledger's last event. `pins` are by `product/tag`, oldest first; `statements` are by
    the digest that they are about; `releases_with` has the names of the releases that have a digest; `acts` is what
    people did.
    """

    head: Head
    now: datetime
    deployments: DeploymentRecord
    pins: dict[str, list[PinRevision]]
    statements: dict[str, list[TakenStatement]]
    releases_with: dict[str, list[str]]
    acts: SiteActs = SiteActs()

    def evidence_of(self, release: str) -> list[TakenStatement]:
        """The statements about a release, its content and its images, each once, oldest first."""
        found = {
            each.blob: each
            for revision in self.pins.get(release, ())
            for digest in (revision.pin.digest, revision.pin.content, *revision.pin.digests)
            if digest is not None
            for each in self.statements.get(digest, ())
        }
        return sorted(found.values(), key=lambda each: each.sequence)


def site_record(context: ReportSources) -> SiteRecord:
    """Everything that a site shows."""
    head = context.ledger.head()
    last = context.ledger.get(head.size)
    now = last.time if last is not None else context.now()
    pins: dict[str, list[PinRevision]] = {}
    releases_with: dict[str, list[str]] = {}
    for each in sorted(context.pins.all(), key=_sequence):
        name = f"{each.body.product}/{each.body.tag}"
        pins.setdefault(name, []).append(PinRevision(each.body, each.event.time, each.person))
        for digest in dict.fromkeys((each.body.digest, each.body.content, *each.body.digests)):
            if digest is not None and name not in releases_with.setdefault(digest, []):
                releases_with[digest].append(name)
    return SiteRecord(
        head,
        now,
        deployment_record(context, context.topology.applications, now=now),
        pins,
        _statements(context),
        releases_with,
        site_acts(context, {name: [each.pin for each in own] for name, own in pins.items()}, now),
    )


def _sequence(pin: PinRecord) -> int:
    return pin.event.sequence


def _statements(context: SignedHistory) -> dict[str, list[TakenStatement]]:
    found: dict[str, list[TakenStatement]] = {}
    events = context.ledger.events(kinds=[EventKind.RECEIVED])
    for each in context.records.counted(events, StatementReceived):
        subject, blob = each.body.subject, each.body.blob
        taken = TakenStatement(subject, blob, each.event.time, each.event.sequence)
        found.setdefault(subject, []).append(taken)
    return found
