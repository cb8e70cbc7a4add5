"""The ledger remembers by which trust document it is used: an earlier one, or one of elsewhere, acts no more.

Whoever can put back an old document would bring back keys that were taken out of it, and whoever can name another
document in the workspace's file would bring his own: the signed versions have to have those that were acted on
(docs/decisions/0076). Which kind of clock tells the time of the ledger is remembered with it (docs/decisions/0041).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import times
from ldmrelease.domain.errors import InputError, LdmreleaseError
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


class UnsignedTrust(InputError):
    """Nobody has signed the trust document as it is: nothing acts on what is decided by it."""


class NotSigned(LdmreleaseError):
    """The same where a gate asks: what decides about a change may have come with it, and decides nothing (exit 3)."""


class TrustExpired(LdmreleaseError):
    """The trust document does not count any more: nothing can be decided by it (exit 3)."""


class OtherClock(LdmreleaseError):
    """The ledger is of a fixed clock and the workspace of the wall's, or the other way round (exit 3)."""


class KnownTrust(Struct, frozen=True):
    """A version that was acted on; `verified`: the row is signed by a key of the document in use."""

    body: TrustAdopted
    verified: bool


def adopted(ledger: LedgerReader, records: Records) -> tuple[KnownTrust, ...]:
    """The versions that were acted on, as the ledger's rows say.

    What nobody signed for where it stands does not count. Of a key that this document does not have (any more) nobody
    can tell: an older document may lack the key that signed a newer one's row, and would so pass. Such a row can only
    refuse; a higher version of the document is the way on.
    """
    found = []
    for event in trust_rows(ledger):
        read = records.verify(event)
        if isinstance(read, Rejected) and _why_ignored(read) is not None:
            continue
        body = claimed_body(event, TrustAdopted)
        if body is not None and 0 < body.version <= _HIGHEST:
            found.append(KnownTrust(body, not isinstance(read, Rejected)))
    return tuple(found)


def trust_rows(ledger: LedgerReader) -> Iterator[Event]:
    """The rows that say which document was acted on, whoever wrote them."""
    return ledger.events(stream=TRUST, kinds=[EventKind.TRUST_ADOPTED])


def why_ignored(event: Event, records: Records) -> str | None:
    """The code of why such a row is passed over; None where it counts, or where nobody can tell."""
    found = records.verify(event)
    return _why_ignored(found) if isinstance(found, Rejected) else None


def _why_ignored(found: Rejected) -> str | None:
    if nobody_can_tell(found):
        return None
    # What another kind of clock told of the document is remembered all the same: a clock is a line in a file.
    return None if found.code == "other-clock" else found.code


def nobody_can_tell(found: Rejected) -> bool:
    """Whether a newer trust document may count what this one does not: by its key, not by what was signed."""
    return found.code in _UNTOLD


def adoption(known: Sequence[KnownTrust], workspace: Workspace) -> NewEvent | None:
    """What has to be remembered before something is done by the workspace's document; None where it is known.

    Raises `OtherClock`, `OtherTrust` and `TrustRolledBack`.
    """
    now = trust_here(workspace)
    bodies = [each.body for each in known]
    if bodies and bodies[0].clock != now.clock:
        raise OtherClock(_OTHER_CLOCK[now.clock])
    if any(each.signed for each in bodies):
        _require_continued(known, workspace.trust_chain, now)
    else:
        _require_place(bodies, now)
    newest = max((each.version for each in bodies), default=0)
    if now.version < newest:
        raise TrustRolledBack(
            f"{now.file} has version {now.version}, and this ledger was used with version {newest}: nothing is done by "
            "an older document; bring the newest one back, with its signatures"
        )
    same = [each for each in bodies if each.version == now.version]
    if any(each.digest != now.digest for each in same):
        raise TrustRolledBack(
            f"{now.file} was changed, and still has version {now.version}: raise its version with every change; what "
            f"was acted on is {next(each.digest for each in same if each.digest != now.digest)}"
        )
    return None if same else new_event(now)


def trust_here(workspace: Workspace) -> TrustAdopted:
    """What a ledger remembers of a workspace's trust document once it was acted on."""
    return TrustAdopted(
        workspace.trust_version,
        workspace.trust_digest,
        workspace.trust_name,
        workspace.clock is not None,
        not workspace.trust_fault,
    )


def _require_continued(known: Sequence[KnownTrust], chain: Mapping[int, str], now: TrustAdopted) -> None:
    """The signed versions have to have the first one that the ledger was used by: nobody can make them without the
    root keys of that. Of later ones those count that a key of this document has signed for: whoever has no such key
    could otherwise write a row that nothing continues.
    """
    signed = [each for each in known if each.body.signed]
    for each in (signed[0], *(each for each in signed[1:] if each.verified)):
        body = each.body
        if body.version <= now.version and chain.get(body.version) != body.digest:
            raise OtherTrust(
                f"{now.file} (version {now.version}) does not continue the trust document by which this ledger is used "
                f"({body.file}, version {body.version}, {body.digest}): nothing is done by another one; put `trust:` "
                "or its signatures back"
            )


def _require_place(known: Sequence[TrustAdopted], now: TrustAdopted) -> None:
    """What was used before documents were signed is told by its place alone (docs/decisions/0041)."""
    files = tuple(dict.fromkeys(each.file for each in known))
    if files and now.file not in files:
        raise OtherTrust(
            f"the workspace names the trust document {now.file}, and this ledger is used by {files[-1]}: nothing is "
            "done by another one; put `trust:` back"
        )


def require_signed(workspace: Workspace) -> None:
    """Raise `UnsignedTrust` where nobody has signed the workspace's document as it is, `TrustRolledBack` where it is an
    older version than the newest that is signed.
    """
    if workspace.trust_version < max(workspace.trust_chain, default=0):
        raise TrustRolledBack(f"{workspace.trust_name} is not the newest document: {workspace.trust_fault}")
    if workspace.trust_fault:
        raise UnsignedTrust(
            f"{workspace.trust_name} is not signed: {workspace.trust_fault}; what is decided by it is hypothetical, "
            "and nothing acts on it: `ldmrelease trust show` says who has signed, `ldmrelease trust sign` signs it"
        )


def require_in_date(workspace: Workspace, now: datetime) -> None:
    """Raise `TrustExpired` where the workspace's document does not count any more."""
    expires = workspace.trust_expires
    if expires is not None and now >= expires:
        raise TrustExpired(
            f"{workspace.trust_name} (version {workspace.trust_version}) expired at {times.spell(expires)}: nothing "
            "can be decided by it; fetch the newest version, or set another date (`ldmrelease trust edit`) and sign it"
        )


_OTHER_CLOCK = {
    True: "the workspace has a `clock:` of its own, and this ledger is of real time: what such a clock told could not "
    "be taken back; take `clock:` out, or name another file under `ledger:`",
    False: "this ledger was begun in a workspace with a `clock:` of its own, and nothing real may rest on its times: "
    "name another file under `ledger:`",
}
