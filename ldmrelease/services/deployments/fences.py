"""The fences of places as far as they count, and what is said of those that do not."""

from datetime import datetime
from functools import partial
from typing import Protocol

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.place import PlaceClaimed
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.streams import claim_stream
from ldmrelease.domain.topology import Application, Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.deployments.superseded import supersedes
from ldmrelease.services.signers import Signers
from ldmrelease.services.trust_version import nobody_can_tell
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import LaterClaim, WriteGrant
from ldmrelease.targets.git.commits import Note
from ldmrelease.targets.results import Refusal
from ldmrelease.trust.fences import sign_fence, verify_fence
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Records
from ldmrelease.trust.verify import Rejected

IGNORED = "ignored-fence"
"""The code of what is said of a fence that does not count: nothing is refused for it."""


class FenceReading(Protocol):
    """Verifies fences."""

    @property
    def keyring(self) -> Keyring:
        """The keys of the trust document, and their roles."""

    def now(self) -> datetime:
        """The workspace's time."""


class GrantSource(FenceReading, Protocol):
    """Signs fences, and asks the ledger about those that it finds."""

    @property
    def ledger(self) -> LedgerReader:
        """The ledger, to be read."""

    @property
    def records(self) -> Records:
        """Reads events as what somebody signed."""

    @property
    def signers(self) -> Signers:
        """The workspace's own keys."""


def fence_of(
    context: FenceReading, application: Application, reach: Access
) -> Fence | Refusal | Unavailable | None:
    """The fence of a place, if one that counts is there; of one that does not, a refusal of the code `IGNORED`."""
    return judged(context, application, registry.fence_of(application.target, application.place, reach))


def judged(
    context: FenceReading, application: Application, kept: bytes | Refusal | Unavailable | None
) -> Fence | Refusal | Unavailable | None:
    """The same of what is kept there."""
    if not isinstance(kept, bytes):
        return kept
    found = verify_fence(kept, context.keyring, place=application.place, at=context.now())
    if isinstance(found, Fence):
        return found
    removal = registry.fence_removal(application.target, application.place)
    values = {"place": str(application.place), "why": found.code, "about": found.values}
    return Refusal(IGNORED, {**values, "removal": removal})


def is_ignored(found: object) -> bool:
    """Whether it is what is said of a fence that does not count."""
    return isinstance(found, Refusal) and found.code == IGNORED


def extends(ledger: LedgerReader, found: Fence) -> bool:
    """Whether the ledger holds a fence's checkpoint."""
    event = ledger.get(found.size)
    return event is not None and event.hash == found.head


def later_claim(ledger: LedgerReader, records: Records, place: Place, epoch: int) -> LaterClaim | None:
    """A claim of the place that the ledger has behind the one of `epoch`.

    One by a key that this trust document does not have counts, too: it may be older than the one that the other
    process acts by. Such a row can only refuse, and the next claim stands behind it.
    """
    for event in ledger.events(stream=claim_stream(place), kinds=[EventKind.CLAIMED], after=epoch):
        found = records.verify(event)
        if isinstance(found, Rejected) and not nobody_can_tell(found):
            continue
        body = claimed_body(event, PlaceClaimed)
        if body is not None and body.place == place:
            return LaterClaim(body.promotion, event.sequence)
    return None


def grant_of(context: GrantSource, place: Place, promotion: str, epoch: int, note: Note) -> WriteGrant:
    """The right of a promotion to write at a place that it has claimed. Raises `NoKey`, `KeyProblem`."""
    ledger, records, head = context.ledger, context.records, context.ledger.head()
    fence = Fence(place, head.ledger, ledger.genesis, head.size, head.hash, promotion, epoch)
    return WriteGrant(
        place,
        fence,
        sign_fence(fence, context.signers.promoter),
        partial(verify_fence, keyring=context.keyring, place=place, at=context.now()),
        partial(extends, ledger),
        note,
        partial(supersedes, ledger, records, place),
        partial(later_claim, ledger, records, place, epoch),
        uncontested=_is_uncontested(ledger, records, epoch),
    )


def _is_uncontested(ledger: LedgerReader, records: Records, epoch: int) -> bool:
    """Whether a claim took the place from nobody: whoever had it before has said that it is done there."""
    event = ledger.get(epoch)
    if event is None or isinstance(records.verify(event), Rejected):
        return False
    body = claimed_body(event, PlaceClaimed)
    return body is not None and not body.takeover
