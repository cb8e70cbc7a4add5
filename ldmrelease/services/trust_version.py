"""The ledger remembers which trust document was acted on: an earlier one, or another of the same version, acts no more.

Whoever can put back an old document would bring back keys that were taken out of it (trust.md section 2).
"""

from collections.abc import Iterable, Iterator

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.events import Event, EventKind, NewEvent
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.events.trust import TrustAdopted
from ldmrelease.domain.streams import TRUST
from ldmrelease.ledger import LedgerReader
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.trust.records import Records
from ldmrelease.trust.verify import Rejected

_HIGHEST = 10**14
"""A version that nobody reaches by counting: a forged row with a higher one leaves no way on, and is passed over."""


_UNTOLD = {
    "unknown-key",
    "key-not-yet-valid",
    "key-expired",
    "key-compromised",
    "wrong-role",
    "wrong-environment",
}


class TrustRolledBack(LdmreleaseError):
    """The trust document is older than one that was acted on, or was changed without a new version (exit 3)."""


def adopted(ledger: LedgerReader, records: Records) -> tuple[TrustAdopted, ...]:
    """The versions that were acted on, as the ledger's rows say.

    What nobody signed for where it stands does not count. Of a key that this document does not have (any more) nobody
    can tell: an older document may lack the key that signed a newer one's row, and would so pass. Such a row can only
    refuse; a higher version of the document is the way on.
    """
    events = (each for each in trust_rows(ledger) if why_ignored(each, records) is None)
    bodies = (claimed_body(each, TrustAdopted) for each in events)
    return tuple(each for each in bodies if each is not None and 0 < each.version <= _HIGHEST)


def trust_rows(ledger: LedgerReader) -> Iterator[Event]:
    """The rows that say which document was acted on, whoever wrote them."""
    return ledger.events(stream=TRUST, kinds=[EventKind.TRUST_ADOPTED])


def why_ignored(event: Event, records: Records) -> str | None:
    """The code of why such a row is passed over; None where it counts, or where nobody can tell."""
    found = records.verify(event)
    return found.code if isinstance(found, Rejected) and not nobody_can_tell(found) else None


def nobody_can_tell(found: Rejected) -> bool:
    """Whether a newer trust document may count what this one does not: by its key, not by what was signed."""
    return found.code in _UNTOLD


def adoption(known: Iterable[TrustAdopted], now: TrustAdopted, name: str) -> NewEvent | None:
    """What has to be remembered before something is done by this document; None where it is known.

    `name` is the document's, for the message. Raises `TrustRolledBack`.
    """
    known = tuple(known)
    newest = max((each.version for each in known), default=0)
    if now.version < newest:
        raise TrustRolledBack(
            f"{name} has version {now.version}, and this ledger was used with version {newest}: nothing is done by an "
            "older document; bring the newest one back, or raise the version"
        )
    same = [each for each in known if each.version == now.version]
    if any(each.digest != now.digest for each in same):
        raise TrustRolledBack(
            f"{name} was changed, and still has version {now.version}: raise its version with every change; what was "
            f"acted on is {next(each.digest for each in same if each.digest != now.digest)}"
        )
    return None if same else new_event(now)
