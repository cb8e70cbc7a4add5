"""Records: events whose body is signed, bound to the one place in the one ledger where they stand.

What is signed names the ledger (by the hash of its first event), the position in the chain and in the stream, the
event before it, the time, the kind and its version, beside the body. So a record counts where it was appended and
nowhere else, and whoever can write rows but has no key can make, move, repeat and date nothing. The actor is the
person of the key, never a column. What does not verify is seen and has no effect (trust.md section 2).

Which kinds there are is said in `domain/events`: a new one is added there, and nothing changes here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.kinds import EventType
from ldmrelease.domain.events.registry import event_type, type_of_body
from ldmrelease.trust.authorize import entitled_roles, too_early
from ldmrelease.trust.dsse import Malformed, read_envelope
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected, VerifiedPayload, verify

RECORD_TYPE = "application/vnd.ldmrelease.record.v1+json"
"""The DSSE payload type of every record."""

T = TypeVar("T")
B = TypeVar("B")

_UTC = timedelta(0)


class VerifiedRecord(Struct, Generic[T], frozen=True):
    """What counts: its body, who signed it, and the names of the roles in which it counts."""

    body: T
    person: str
    key: Key
    roles: tuple[str, ...]


class EventRecord(VerifiedRecord[T], frozen=True):
    """An event that counts."""

    event: Event


class Bound(Protocol):
    """Where a record stands, and nowhere else, as a ledger tells whoever signs: a `ledger.interface.Position`."""

    @property
    def genesis(self) -> str:
        """The hash of the ledger's first event."""

    @property
    def sequence(self) -> int:
        """Which event of the ledger it is."""

    @property
    def previous(self) -> str:
        """The hash of the event before it."""

    @property
    def time(self) -> str:
        """When it is appended, spelled."""

    @property
    def stream(self) -> str:
        """The stream that it stands in."""

    @property
    def version(self) -> int:
        """Which event of its stream it is."""

    @property
    def kind(self) -> str:
        """The kind of the event."""


def sign_record(there: Bound, body: Any, signer: Signer) -> dict[str, Any]:
    """What an event says instead of `body`: the envelope that binds it to where it stands."""
    payload = {
        "ledger": there.genesis,
        "sequence": there.sequence,
        "previous": there.previous,
        "time": there.time,
        "stream": there.stream,
        "position": there.version,
        "kind": there.kind,
        "version": type_of_body(type(body)).version,
        "body": body,
    }
    return {"envelope": signer.sign(RECORD_TYPE, canonical.encode(payload)).to_dict()}


def _bound(event: Event, genesis: str) -> dict[str, Any]:
    return {
        "ledger": genesis,
        "sequence": event.sequence,
        "previous": event.previous,
        # A ledger gives out times in whole seconds UTC, of which this is the spelling.
        "time": f"{event.time.isoformat()[:19]}Z",
        "stream": event.stream,
        "position": event.stream_version,
        "kind": str(event.kind),
    }


class Records:
    """Reads events as records. Each envelope is verified once, however often its event is asked for."""

    def __init__(self, genesis: str, keyring: Keyring, *, clock: bool = False) -> None:
        """For the ledger whose first event has the hash `genesis`, and whoever this keyring trusts.

        `clock`: the reader's workspace has a clock of its own. What was told by another kind of clock does not count.
        """
        self._genesis = genesis
        self._keyring = keyring
        self._clock = clock
        self._known: dict[str, EventRecord[Any] | Rejected] = {}

    def verify(self, event: Event) -> EventRecord[Any] | Rejected:
        """The event as a record. Its hash has to be right, as it is of every event that a ledger gives out.

        Codes: those of the envelope, of `verify` and of `entitled_roles`, and `unsigned`, `wrong-type` (something
        else was signed), `malformed`, `unknown-field`, `wrong-ledger`, `wrong-stream`, `wrong-position`,
        `wrong-kind`, `other-clock`, `future`.
        """
        found = self._known.get(event.hash)
        if found is None:
            found = self._known[event.hash] = _verified(event, self._genesis, self._keyring, self._clock)
        return found

    def read(self, event: Event | None, body: type[B]) -> EventRecord[B] | Rejected:
        """The same, of the kind that has this body; `unsigned` where there is no event."""
        if event is None:
            return Rejected("unsigned")
        found = self.verify(event)
        if isinstance(found, Rejected):
            return found
        said: Any = found.body
        return found if isinstance(said, body) else Rejected("wrong-kind", {"found": str(event.kind)})

    def counted(self, events: Iterable[Event], body: type[B]) -> Iterator[EventRecord[B]]:
        """Those of the events that count and have this body."""
        for event in events:
            found = self.read(event, body)
            if isinstance(found, EventRecord):
                yield found


def _verified(event: Event, genesis: str, keyring: Keyring, clock: bool) -> EventRecord[Any] | Rejected:
    verified = verified_payload(event.body.get("envelope"), RECORD_TYPE, keyring, at=event.time)
    if isinstance(verified, Rejected):
        return verified
    try:
        plain = canonical.parse_exactly(verified.payload)
    except canonical.NotCanonical as error:
        return Rejected("malformed", {"detail": str(error)})
    kind = _kind_there(plain, event, genesis)
    if isinstance(kind, Rejected):
        return kind
    body = _exactly(plain["body"], kind.body)
    if isinstance(body, Rejected):
        return body
    return _attributed(event, body, kind, verified.key, keyring, clock)


def _kind_there(plain: Any, event: Event, genesis: str) -> EventType | Rejected:
    """The kind of a payload that was signed for where the event stands."""
    bound = _bound(event, genesis)
    if not isinstance(plain, dict) or plain.keys() != {*bound, "version", "body"}:
        return Rejected("malformed", {"detail": "not the fields of a record"})
    differs = next((name for name, value in bound.items() if plain[name] != value), None)
    if differs is not None:
        values = {"what": differs, "signed": plain[differs], "found": bound[differs]}
        return Rejected(_CODES.get(differs, "wrong-position"), values)
    kind = event_type(event.kind, plain["version"]) if type(plain["version"]) is int else None
    return kind or Rejected("wrong-kind", {"found": event.kind, "version": plain["version"]})


_CODES = {"ledger": "wrong-ledger", "stream": "wrong-stream", "kind": "wrong-kind"}


def _attributed(
    event: Event, body: Any, kind: EventType, key: Key, keyring: Keyring, clock: bool
) -> EventRecord[Any] | Rejected:
    """The record, if its key may say this, there and then."""
    # Where the clock can be set, a soak takes no time: no other workspace is to rest on it.
    told_by = getattr(body, "clock", clock)
    if told_by != clock:
        return Rejected("other-clock", {"what": "clock", "signed": told_by, "found": clock})
    found = entitled(body, event.stream, kind, key, keyring, at=event.time)
    if isinstance(found, Rejected):
        return found
    return EventRecord(body, key.person, key, found, event)


def entitled(
    body: Any, stream: str, kind: EventType, key: Key, keyring: Keyring, *, at: datetime
) -> tuple[str, ...] | Rejected:
    """The names of the roles in which a key may say `body` in a stream; `at` is when it is taken in."""
    try:
        belongs, environments = kind.stream(body), kind.environments(body)
    except ValueError as error:
        return Rejected("malformed", {"detail": str(error)})
    if belongs is not None and belongs != stream:
        return Rejected("wrong-stream", {"what": "stream", "signed": belongs, "found": stream})
    roles = entitled_roles(kind.role_type, key, keyring, environments=environments)
    if isinstance(roles, Rejected):
        return roles
    return too_early(key, kind.time(body), at) or tuple(each.name for each in roles)


def verified_payload(
    envelope: Any, payload_type: str, keyring: Keyring, *, at: datetime
) -> VerifiedPayload | Rejected:
    """The verified payload of an envelope, if it is of this type."""
    if envelope is None:
        return Rejected("unsigned")
    read = read_envelope(envelope)
    if isinstance(read, Malformed):
        return Rejected.because(read)
    # The type is signed along with the payload, so nothing can be passed off as a record that is not one.
    if read.payload_type != payload_type:
        return Rejected("wrong-type", {"found": read.payload_type, "expected": payload_type})
    return verify(read, keyring, at=at)


def read_exactly(payload: bytes, kind: type[T]) -> T | Rejected:
    """The value that a payload spells, without fields it does not have and times that are not in UTC."""
    try:
        plain = canonical.parse(payload)
    except canonical.NotCanonical as error:
        return Rejected("malformed", {"detail": str(error)})
    return _exactly(plain, kind)


def _exactly(plain: Any, kind: type[T]) -> T | Rejected:
    try:
        value = canonical.from_plain(plain, kind)
    except canonical.NotCanonical as error:
        return Rejected("malformed", {"detail": str(error)})
    if not canonical.spells(plain, value) and not _within(plain, canonical.to_plain(value)):
        return Rejected("unknown-field", {"detail": "a field that is not known, or a value of two spellings"})
    moments = [getattr(value, each) for each in value.__struct_fields__]  # type: ignore[attr-defined]
    if any(isinstance(each, datetime) and each.utcoffset() != _UTC for each in moments):
        return Rejected("malformed", {"detail": "a time that is not in UTC"})
    return value


def _within(plain: Any, known: Any) -> bool:
    """Whether everything in `plain` is in `known`; fields that came later may be missing from `plain`."""
    if isinstance(plain, dict) and isinstance(known, dict):
        return all(name in known and _within(value, known[name]) for name, value in plain.items())
    if isinstance(plain, list) and isinstance(known, list | tuple):
        return len(plain) == len(known) and all(map(_within, plain, known))
    return bool(plain == known)
