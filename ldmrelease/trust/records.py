"""Acts in their envelopes: sealed by whoever acts, opened by whoever replays the ledger.

The actor is the person of the key that signed. An act that is unsigned, or outside the roles of its key, is
seen and has no effect (trust.md section 2).
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from ldmrelease.domain import canonical, records
from ldmrelease.domain.records import Observation, Record, Request, RunRegistration
from ldmrelease.trust.authorize import entitled_roles, too_early
from ldmrelease.trust.dsse import Malformed, read_envelope
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.verify import Rejected, VerifiedPayload, verify

A = TypeVar("A", bound=Record)
T = TypeVar("T")

_UTC = timedelta(0)


@dataclass(frozen=True, slots=True)
class VerifiedRecord(Generic[T]):
    """An act that counts, who did it, and the names of the roles in which it counts."""

    act: T
    person: str
    key: Key
    roles: tuple[str, ...]


def sign_record(act: Record, signer: Signer) -> dict[str, Any]:
    """The body of an event that carries the signed act."""
    envelope = signer.sign(records.payload_type(type(act)), canonical.encode(act))
    return {"envelope": envelope.to_dict()}


def verify_record(
    body: dict[str, Any], kind: type[A], keyring: Keyring, *, at: datetime
) -> VerifiedRecord[A] | Rejected:
    """The act in an event's body; `at` is the event's time.

    Codes: those of the envelope, of `verify` and of `entitled`, and `wrong-type` (another kind of act),
    `malformed`, `future`.
    """
    payload_type = records.payload_type(cast(type[Record], kind))
    verified = verified_payload(body.get("envelope"), payload_type, keyring, at=at)
    if isinstance(verified, Rejected):
        return verified
    act = read_exactly(verified.payload, kind)
    if isinstance(act, Rejected):
        return act
    roles = entitled_roles(_short(payload_type), verified.key, keyring, environments=_environments(act))
    if isinstance(roles, Rejected):
        return roles
    early = too_early(verified.key, _time(act), at)
    return early or VerifiedRecord(act, verified.key.person, verified.key, tuple(each.name for each in roles))


def verified_payload(
    envelope: Any, payload_type: str, keyring: Keyring, *, at: datetime
) -> VerifiedPayload | Rejected:
    """The verified payload of an envelope, if it is of this type."""
    if envelope is None:
        return Rejected("unsigned")
    read = read_envelope(envelope)
    if isinstance(read, Malformed):
        return Rejected.because(read)
    # The type is signed along with the payload, so one act cannot be passed off as another.
    if read.payload_type != payload_type:
        return Rejected("wrong-type", {"found": read.payload_type, "expected": payload_type})
    return verify(read, keyring, at=at)


def read_exactly(payload: bytes, kind: type[T]) -> T | Rejected:
    """The value that a payload spells, without fields it does not have and times that are not in UTC."""
    try:
        plain = canonical.parse(payload)
        value = canonical.from_plain(plain, kind)
    except canonical.NotCanonical as error:
        return Rejected("malformed", {"detail": str(error)})
    if not _within(plain, canonical.to_plain(value)):
        return Rejected("unknown-field", {"detail": "a field that is not known, or a value of two spellings"})
    moments = [getattr(value, each.name) for each in dataclasses.fields(value)]  # type: ignore[arg-type]
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


def _short(payload_type: str) -> str:
    # The names of acts in roles are those in their payload types: `application/vnd.ldmrelease.pin.v1+json`.
    return payload_type.removeprefix("application/vnd.ldmrelease.").partition(".")[0]


def _environments(act: Record) -> tuple[str, ...]:
    if isinstance(act, Request):
        return tuple(sorted({each.environment for each in act.places}))
    if isinstance(act, Observation):
        return (act.place.environment,)
    if isinstance(act, RunRegistration) and act.environment is not None:
        return (act.environment,)
    return ()


def _time(act: Record) -> datetime:
    return act.registered if isinstance(act, RunRegistration) else act.time
