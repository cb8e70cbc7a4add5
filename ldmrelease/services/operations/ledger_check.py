"""Verify a whole ledger, its signatures included.

Whoever verifies a hundred thousand events finds that nearly all of them hold: a quick look at the stored bytes
says so, decoded once and in one go. Where it does not, the event is read as everybody reads it, and the problem
has the code that everybody would get.
"""

import binascii
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, EventKind
from ldmrelease.domain.events.registry import event_type
from ldmrelease.ledger import Ledger, LedgerProblem
from ldmrelease.ledger.interface import EventRow
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.dsse import Envelope, Signature, pae
from ldmrelease.trust.keyring import EVERYWHERE, Key, Keyring
from ldmrelease.trust.keys import PublicKey, read_public, signed_by
from ldmrelease.trust.records import RECORD_TYPE, Records
from ldmrelease.trust.verify import Rejected, valid_key

_SHAPE = canonical.encode({"envelope": Envelope(RECORD_TYPE, b"", (Signature("", b""),)).to_dict()}).split(
    b'"'
)
_PAYLOAD, _KEY, _SIGNATURE = 5, 15, 19
"""The canonical bytes of a body with a record, split at the quotes: what stands where its own values would."""


class _Record(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a record; what it says is left as it is spelled."""

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

    `explain` gives the words for what was found.
    """

    def __init__(
        self,
        genesis: str,
        keyring: Keyring,
        explain: Callable[[Rejected], str] = lambda found: found.code,
        *,
        clock: bool = False,
    ) -> None:
        """For the ledger whose first event has this hash; `clock` as in `Records`."""
        self._records, self._explain = Records(genesis, keyring, clock=clock), explain
        self._other_clock = b'"clock":false' if clock else b'"clock":true'
        self._entitled: dict[tuple[str, str, int], bool] = {}
        self._genesis, self._keyring = genesis, keyring
        self._keys = {each.keyid.encode(): (each, read_public(each.public_pem)) for each in keyring.keys}
        self._record = msgspec.json.Decoder(_Record)

    def holds(self, row: EventRow) -> bool:
        """See `EventCheck`."""
        parts = row.body.encode().split(b'"')
        if len(parts) != len(_SHAPE):
            return False
        key, public = self._keys.get(parts[_KEY], _NO_KEY)
        try:
            payload, signature = _decoded(parts[_PAYLOAD]), _decoded(parts[_SIGNATURE])
            record = self._record.decode(payload)
        except ValueError:
            return False
        parts[_PAYLOAD] = parts[_KEY] = parts[_SIGNATURE] = b""
        if key is None or public is None or parts != _SHAPE:
            return False
        return (
            self._stands(record, row)
            and self._may_sign(key, record)
            # A quote within a text is escaped, so this is a field.
            and self._other_clock not in bytes(record.body)
            and not isinstance(
                valid_key(key.keyid, self._keyring, at=datetime.fromisoformat(row.time)), Rejected
            )
            and signed_by(public, signature, pae(RECORD_TYPE, payload))
        )

    def problems(self, event: Event) -> Iterable[LedgerProblem]:
        """See `EventCheck`."""
        found = None if event.kind == EventKind.CREATED else self._records.verify(event)
        if isinstance(found, Rejected):
            yield LedgerProblem("record", f"event {event.sequence}", found=self._explain(found))

    def _may_sign(self, key: Key, record: _Record) -> bool:
        """Whether the key has a role for the kind of the record in every environment: asked once for each."""
        asked = (key.keyid, record.kind, record.version)
        if asked not in self._entitled:
            kind = event_type(record.kind, record.version)
            roles = entitled_roles(kind.role_type, key, self._keyring) if kind is not None else None
            # A role of certain environments needs a look at what the record is about.
            self._entitled[asked] = isinstance(roles, tuple) and any(
                EVERYWHERE in each.environments for each in roles
            )
        return self._entitled[asked]

    def _stands(self, record: _Record, row: EventRow) -> bool:
        signed = (record.sequence, record.time, record.kind, record.stream, record.position, record.previous)
        there = (row.sequence, row.time, row.kind, row.stream, row.stream_version, row.previous)
        return signed == there and record.ledger == self._genesis


_NO_KEY: tuple[Key | None, PublicKey | None] = None, None


_BASE64 = msgspec.json.Decoder(bytes)


def _decoded(text: bytes) -> bytes:
    """The bytes of base64 in its one spelling. Raises `ValueError`."""
    data = _BASE64.decode(b'"%b"' % text)
    # Escapes and left-over bits would give one payload several spellings.
    if b"\\" in text or (
        text[-1:] == b"=" and binascii.b2a_base64(data[-(len(data) % 3) :], newline=False) != text[-4:]
    ):
        raise ValueError("left-over bits")
    return data


def verify_ledger(
    ledger: Ledger,
    keyring: Keyring,
    checkpoint: Checkpoint | None,
    explain: Callable[[Rejected], str],
    *,
    clock: bool = False,
) -> tuple[LedgerProblem, ...]:
    """Everything that can be wrong with a ledger, with the records of its events; `clock` as in `Records`."""
    return ledger.verify(checkpoint, RecordCheck(ledger.genesis, keyring, explain, clock=clock))
