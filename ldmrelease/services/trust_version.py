"""The ledger remembers by which trust document it is used: an earlier one, or one of elsewhere, acts no more.

Whoever can put back an old document would bring back keys that were taken out of it (trust.md section 2), and whoever
can name another document in the workspace's file would bring his own. Which kind of clock tells the time of the ledger
is remembered with it (docs/decisions/0041).
"""

from collections.abc import Iterator, Sequence

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


class OtherTrust(LdmreleaseError):
    """The workspace names another trust document than those by which the ledger is used (exit 3)."""


class OtherClock(LdmreleaseError):
    """The ledger is of a fixed clock and the workspace of the wall's, or the other way round (exit 3)."""


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
    if not isinstance(found, Rejected) or nobody_can_tell(found):
        return None
    # What another kind of clock told of the document is remembered all the same: a clock is a line in a file.
    return None if found.code == "other-clock" else found.code


def nobody_can_tell(found: Rejected) -> bool:
    """Whether a newer trust document may count what this one does not: by its key, not by what was signed."""
    return found.code in _UNTOLD


def adoption(known: Sequence[TrustAdopted], now: TrustAdopted) -> NewEvent | None:
    """What has to be remembered before something is done by this document; None where it is known.

    Raises `OtherClock`, `OtherTrust` and `TrustRolledBack`.
    """
    files = tuple(dict.fromkeys(each.file for each in known))
    if files and now.file not in files:
        raise OtherTrust(
            f"the workspace names the trust document {now.file}, and this ledger is used by {files[-1]}: nothing is "
            "done by another one; put `trust:` back, or, where the document has moved, let the ledger go on by it: "
            "`ldmrelease trust adopt`"
        )
    return adoption_elsewhere(known, now)


def adoption_elsewhere(known: Sequence[TrustAdopted], now: TrustAdopted) -> NewEvent | None:
    """The same wherever the document is. Raises `OtherClock` and `TrustRolledBack`."""
    if known and known[0].clock != now.clock:
        raise OtherClock(_OTHER_CLOCK[now.clock])
    newest = max((each.version for each in known), default=0)
    if now.version < newest:
        raise TrustRolledBack(
            f"{now.file} has version {now.version}, and this ledger was used with version {newest}: nothing is done by "
            "an older document; bring the newest one back, or raise the version"
        )
    same = [each for each in known if each.version == now.version]
    if any(each.digest != now.digest for each in same):
        raise TrustRolledBack(
            f"{now.file} was changed, and still has version {now.version}: raise its version with every change; what "
            f"was acted on is {next(each.digest for each in same if each.digest != now.digest)}"
        )
    return None if any(each.file == now.file for each in same) else new_event(now)


_OTHER_CLOCK = {
    True: "the workspace has a `clock:` of its own, and this ledger is of real time: what such a clock told could not "
    "be taken back; take `clock:` out, or name another file under `ledger:`",
    False: "this ledger was begun in a workspace with a `clock:` of its own, and nothing real may rest on its times: "
    "name another file under `ledger:`",
}
