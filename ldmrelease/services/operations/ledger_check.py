"""Verify a whole ledger, its signatures included.

Whoever verifies a hundred thousand events finds that nearly all of them hold: a quick look at the stored bytes
says so, decoded once and in one go. Where it does not, the event is read as everybody reads it, and the problem
has the code that everybody would get.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from ldmrelease.domain.events import Checkpoint, Event
from ldmrelease.domain.events.registry import event_type
from ldmrelease.ledger import Ledger, LedgerProblem
from ldmrelease.ledger.interface import EventRow
from ldmrelease.trust.dsse import pae
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.keys import PublicKey, read_public, signed_by
from ldmrelease.trust.records import RECORD_TYPE, signed_record
from ldmrelease.trust.verify import Rejected, valid_key


class _Signature(Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: bytes


class _Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    payload: bytes
    payloadType: str  # noqa: N815 - as DSSE spells it
    signatures: tuple[_Signature]


class _Body(Struct, frozen=True, forbid_unknown_fields=True):
    envelope: _Envelope


class _Record(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a record in their canonical order."""

    body: Raw
    kind: str
    ledger: str
    position: int
    previous: str
    sequence: int
    stream: str
    time: str
    version: int


class RecordCheck:
    """An `EventCheck`: each event carries a record that a key of the keyring signed for where it stands.

    Whether its signer may say what it says is not asked: that is for whoever rests something on it.
    """

    def __init__(self, genesis: str, keyring: Keyring) -> None:
        """For the ledger whose first event has this hash."""
        self._genesis, self._keyring = genesis, keyring
        self._keys: dict[str, tuple[Key, PublicKey]] = {
            each.keyid: (each, read_public(each.public_pem)) for each in keyring.keys
        }
        self._body = msgspec.json.Decoder(_Body)
        self._record = msgspec.json.Decoder(_Record)
        self._encode = msgspec.json.Encoder(order="sorted").encode

    def holds(self, row: EventRow) -> bool:
        """See `EventCheck`."""
        stored = row.body.encode()
        try:
            body = self._body.decode(stored)
            envelope = body.envelope
            record = self._record.decode(envelope.payload)
        except (msgspec.DecodeError, UnicodeError):
            return False
        (signature,) = envelope.signatures
        known = self._keys.get(signature.keyid)
        # What comes out as it was had one spelling: of its base64, too.
        if known is None or envelope.payloadType != RECORD_TYPE or self._encode(body) != stored:
            return False
        if self._encode(record) != envelope.payload:
            return False
        key, public = known
        return (
            self._stands(record, row)
            and event_type(row.kind, record.version) is not None
            and not isinstance(valid_key(key.keyid, self._keyring, at=_moment(row.time)), Rejected)
            and signed_by(public, signature.sig, pae(RECORD_TYPE, envelope.payload))
        )

    def problems(self, event: Event) -> Iterable[LedgerProblem]:
        """See `EventCheck`."""
        if event_type(event.kind) is None and "envelope" not in event.body:
            return
        found = signed_record(event, self._genesis, self._keyring)
        if isinstance(found, Rejected):
            yield LedgerProblem("signature", f"event {event.sequence}", "a record that counts", found.code)

    def _stands(self, record: _Record, row: EventRow) -> bool:
        signed = (record.sequence, record.time, record.kind, record.stream, record.position, record.previous)
        there = (row.sequence, row.time, row.kind, row.stream, row.stream_version, row.previous)
        return signed == there and record.ledger == self._genesis


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)


def verify_ledger(
    ledger: Ledger, keyring: Keyring, checkpoint: Checkpoint | None
) -> tuple[LedgerProblem, ...]:
    """Everything that can be wrong with a ledger, with the signatures of its events."""
    return ledger.verify(checkpoint, RecordCheck(ledger.genesis, keyring))
