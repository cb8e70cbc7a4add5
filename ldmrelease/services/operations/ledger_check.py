"""What is asked of each event when the whole ledger is verified: that whoever is said to have signed it has."""

from collections.abc import Iterable

from ldmrelease.domain.events import Checkpoint, Event
from ldmrelease.ledger import Ledger, LedgerProblem
from ldmrelease.ledger.interface import EventCheck
from ldmrelease.trust.dsse import Malformed, read_envelope
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.verify import Rejected, verify


def signature_check(keyring: Keyring) -> EventCheck:
    """Finds an envelope that does not verify, by the keys that counted when the event was appended.

    Whether its signer may say what it says is not asked: that is for whoever rests something on it.
    """

    def check(event: Event) -> Iterable[LedgerProblem]:
        if "envelope" not in event.body:
            return ()
        envelope = read_envelope(event.body["envelope"])
        found = envelope if isinstance(envelope, Malformed) else verify(envelope, keyring, at=event.time)
        if isinstance(found, Malformed | Rejected):
            return (LedgerProblem("signature", f"event {event.sequence}", "one that counts", found.code),)
        return ()

    return check


def verify_ledger(
    ledger: Ledger, keyring: Keyring, checkpoint: Checkpoint | None
) -> tuple[LedgerProblem, ...]:
    """Everything that can be wrong with a ledger, its signatures included."""
    return ledger.verify(checkpoint, signature_check(keyring))
