"""Verify a whole ledger, its signatures included.

Whoever verifies a hundred thousand events finds that nearly all of them hold: a quick look at the stored bytes
says so, decoded once and in one go. Where it does not, the event is read as everybody reads it, and the problem
has the code that everybody would get.
"""

import binascii
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Checkpoint, Event, EventKind
from ldmrelease.domain.events.registry import event_type
from ldmrelease.ledger import Damaged, Ledger, LedgerProblem
from ldmrelease.ledger.interface import EventRow
from ldmrelease.services.named_blobs import missing_blobs
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.dsse import Envelope, Signature, pae
from ldmrelease.trust.keyring import EVERYWHERE, Key, Keyring
from ldmrelease.trust.keys import PublicKey, read_public, signed_by
from ldmrelease.trust.records import RECORD_TYPE, EventRecord, Records
from ldmrelease.trust.trusted_index import TrustedIndex
from ldmrelease.trust.verify import Rejected

_BEFORE, _BETWEEN, _THEN, _AFTER = (
    canonical.encode({"envelope": Envelope(RECORD_TYPE, b"", (Signature("", b""),)).to_dict()})
    .decode()
    .replace('""', '"|"')
    .split("|")
)
"""The canonical text of a body with a record, around what is its own: its payload, its key's id and its signature."""


class _There(Struct, frozen=True):
    """The fields of a record that say where it stands, as they follow each other behind what it says."""

    kind: str
    ledger: str
    position: int
    previous: str
    sequence: int
    stream: str
    time: str


class _Signer(NamedTuple):
    """A key of the keyring; it counts from `first` to `last` and before `compromised`, as times are spelled."""

    key: Key
    public: PublicKey
    first: str
    last: str
    compromised: str


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
        self._entitled: dict[tuple[str, str, bytes], bool] = {}
        self._genesis, self._keyring = genesis, keyring
        self._signers = {each.keyid: _signer(each) for each in keyring.keys if _whole(each)}

    def holds(self, row: EventRow) -> bool:
        """See `EventCheck`."""
        own = _own_parts(row.body)
        if own is None:
            return False
        keyid = own[1]
        signer = self._signers.get(keyid)
        try:
            payload, signature = _decoded(own[0]), _decoded(own[2])
            version = self._version(payload, row)
        except ValueError:
            return False
        if signer is None or version is None or not self._may_sign(keyid, signer.key, row.kind, version):
            return False
        return (
            # A quote within a text is escaped, so this is a field.
            self._other_clock not in payload
            and signer.first <= row.time <= signer.last
            and row.time < signer.compromised
            and signed_by(signer.public, signature, b"%b%d %b" % (_SIGNED, len(payload), payload))
        )

    def problems(self, event: Event) -> Iterable[LedgerProblem]:
        """See `EventCheck`."""
        found = self.verified(event)
        if isinstance(found, Rejected):
            yield LedgerProblem("record", f"event {event.sequence}", found=self._explain(found))

    def verified(self, event: Event) -> EventRecord[Any] | Rejected | None:
        """The event as a record; None for the first event of a ledger, which nobody signs."""
        return None if event.kind == EventKind.CREATED else self._records.verify(event)

    def _may_sign(self, keyid: str, key: Key, kind: str, version: bytes) -> bool:
        """Whether the key has a role for the kind of the record in every environment: asked once for each."""
        found = self._entitled.get((keyid, kind, version))
        if found is None:
            known = event_type(kind, int(version)) if version.isdigit() and version[:1] != b"0" else None
            roles = entitled_roles(known.role_type, key, self._keyring) if known is not None else None
            # A role of certain environments needs a look at what the record is about.
            found = self._entitled[keyid, kind, version] = isinstance(roles, tuple) and any(
                EVERYWHERE in each.environments for each in roles
            )
        return found

    def _version(self, payload: bytes, row: EventRow) -> bytes | None:
        """The version of a record that was signed for where the row stands, as it is spelled; else None.

        Raises `ValueError` where it is no JSON.
        """
        sequence, time, _, kind, stream, position, _, previous, _ = row
        there = _THERE(_There(kind, self._genesis, position, previous, sequence, stream, time))
        end = payload.rfind(_VERSION)
        # Its braces aside, and a comma before it.
        begin = end - len(there) + 1
        if begin < _SAID or not payload.startswith(_BODY) or payload[begin:end] != b"," + there[1:-1]:
            return None
        # One value and no more: nothing else hides between the body and where it stands.
        _ONE_VALUE.decode(memoryview(payload)[_SAID:begin])
        return payload[end + len(_VERSION) : -1] if payload.endswith(b"}") else None


def _signer(key: Key) -> _Signer:
    return _Signer(
        key,
        read_public(key.public_pem),
        _spelled(key.not_before),
        _spelled(key.not_after) if key.not_after else _FOREVER,
        _spelled(key.compromised_since) if key.compromised_since else _FOREVER,
    )


def _whole(key: Key) -> bool:
    """Whether the times of the key are in whole seconds, and so in the order of their spellings."""
    bounds = key.not_before, key.not_after, key.compromised_since
    return not any(each.microsecond for each in bounds if each is not None)


def _spelled(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


_FOREVER = "~"
"""Behind every time."""
_SIGNED = pae(RECORD_TYPE, b"").removesuffix(b"0 ")
"""What stands before the length of the payload in what is signed."""
_BODY = b'{"body":'
_SAID = len(_BODY)
_VERSION = b',"version":'
_THERE = msgspec.json.Encoder().encode
_ONE_VALUE = msgspec.json.Decoder(Raw)
_BASE64 = msgspec.json.Decoder(bytes)


def _own_parts(body: str) -> tuple[str, str, str] | None:
    """The payload, the id of the key and the signature, in base64 and quotes but for the key's; None where it is no
    record.
    """
    between = body.rfind(_BETWEEN)
    then = body.find(_THEN, between)
    if not (body.startswith(_BEFORE) and len(_BEFORE) <= between < then and body.endswith(_AFTER)):
        return None
    return (
        body[len(_BEFORE) - 1 : between + 1],
        body[between + len(_BETWEEN) : then],
        body[then + len(_THEN) - 1 : 1 - len(_AFTER)],
    )


def _decoded(quoted: str) -> bytes:
    """The bytes of base64 in its one spelling, between quotes. Raises `ValueError`."""
    data = _BASE64.decode(quoted)
    # Escapes and left-over bits would give one payload several spellings.
    if "\\" in quoted or (
        quoted[-2:] == '="'
        and binascii.b2a_base64(data[-(len(data) % 3) :], newline=False) != quoted[-5:-1].encode()
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
    """Everything that can be wrong with a ledger, with the records of its events and the blobs that they name; `clock`
    as in `Records`.
    """
    trust = TrustedIndex(Records(ledger.genesis, keyring, clock=clock), keyring)
    found = list(ledger.verify(checkpoint, RecordCheck(ledger.genesis, keyring, explain, clock=clock), trust))
    with suppress(Damaged):
        # Where rows cannot be read it was told already.
        found += missing_blobs(ledger)
    return tuple(found)
