"""What rests on what a key has signed: what would stop counting, and what runs by it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.evidence import ReceiptSigned, StatementReceived
from ldmrelease.services.inventory.where import PlaceComponent, where
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.trust.dsse import Envelope, read_wrapped
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.records import EventRecord
from ldmrelease.trust.verify import Rejected, verify


class SignedThing(Struct, frozen=True):
    """Something that a key has signed, and that the ledger took in as event `sequence`: a record of that kind, a
    `statement`, or a `receipt`. `place`, `release` (`product/tag`) and `subject` (a digest) are what it is about, None
    where it names none.
    """

    sequence: int
    time: datetime
    kind: str
    place: str | None
    release: str | None
    subject: str | None = None


class SignedGroup(Struct, frozen=True):
    """The same by kind, place and release: how many, the first and the last."""

    kind: str
    place: str | None
    release: str | None
    number: int
    first: datetime
    last: datetime


class RestingImage(Struct, frozen=True):
    """An image that runs, with the kinds of what the key has signed about it."""

    row: PlaceComponent
    kinds: tuple[str, ...]


class KeyImpact(Struct, frozen=True):
    """What a key has signed since a time (None: ever), and what runs and rests on it."""

    key: Key
    since: datetime | None
    number: int
    groups: tuple[SignedGroup, ...]
    running: tuple[RestingImage, ...]


def key_impact(context: ReleaseHistory, key: Key, since: datetime | None, now: datetime) -> KeyImpact:
    """Look through the ledger for what a key has signed. The context's keyring has to count it for all times."""
    signed = [each for each in _signed(context, key) if since is None or each.time >= since]
    rows = (each for each in where(context, now=now) if isinstance(each, PlaceComponent))
    resting = ((row, _kinds(row, signed)) for row in rows)
    return KeyImpact(
        key,
        since,
        len(signed),
        tuple(_groups(signed)),
        tuple(RestingImage(row, kinds) for row, kinds in resting if kinds),
    )


def _groups(signed: Iterable[SignedThing]) -> Iterator[SignedGroup]:
    found: dict[tuple[str, str, str], list[SignedThing]] = {}
    for each in signed:
        found.setdefault((each.place or "", each.release or "", each.kind), []).append(each)
    for (place, release, kind), those in sorted(found.items()):
        yield SignedGroup(kind, place or None, release or None, len(those), those[0].time, those[-1].time)


def _kinds(row: PlaceComponent, signed: Iterable[SignedThing]) -> tuple[str, ...]:
    return tuple(sorted({each.kind for each in signed if _is_about(row, each)}))


def _is_about(row: PlaceComponent, each: SignedThing) -> bool:
    if each.subject is not None and each.subject == row.digest:
        return True
    if each.place is not None:
        return each.place == str(row.place) and each.release in (None, row.release)
    return each.release is not None and each.release == row.release


def _signed(context: ReleaseHistory, key: Key) -> Iterator[SignedThing]:
    names = {
        digest: f"{each.body.product}/{each.body.tag}"
        for each in context.pins.all()
        for digest in (*each.body.digests, each.body.digest, each.body.content)
        if digest is not None
    }
    for event in context.ledger.events():
        record = context.records.verify(event)
        if isinstance(record, Rejected):
            continue
        yield from _of_event(event, record, key, names)
        yield from _of_blob(context, event, record, key, names)


def _of_event(
    event: Event, record: EventRecord[object], key: Key, names: dict[str, str]
) -> Iterator[SignedThing]:
    if record.key.keyid != key.keyid:
        return
    body = record.body
    place, subject = getattr(body, "place", None), getattr(body, "subject", None)
    yield SignedThing(
        event.sequence,
        event.time,
        str(event.kind),
        str(place) if place is not None else None,
        _release(body, names),
        subject if isinstance(subject, str) else None,
    )


def _release(body: object, names: dict[str, str]) -> str | None:
    product, tag = getattr(body, "product", None), getattr(body, "tag", None)
    if isinstance(product, str) and isinstance(tag, str):
        return f"{product}/{tag}"
    if isinstance(body, ReceiptSigned):
        return body.name
    for field in ("release", "subject"):
        found = names.get(str(getattr(body, field, None)))
        if found is not None:
            return found
    return None


def _of_blob(
    context: ReleaseHistory, event: Event, record: EventRecord[object], key: Key, names: dict[str, str]
) -> Iterator[SignedThing]:
    """Statements and receipts, which are taken in by another key than the one that has signed them."""
    body = record.body
    if isinstance(body, StatementReceived):
        blob, kind, place = body.blob, "statement", None
    elif isinstance(body, ReceiptSigned):
        blob, kind, place = body.envelope, "receipt", str(body.place)
    else:
        return
    envelope = read_wrapped(context.ledger.blob(blob)) if context.ledger.has_blob(blob) else None
    if not isinstance(envelope, Envelope):
        return
    found = verify(envelope, context.keyring, at=event.time)
    if not isinstance(found, Rejected) and found.key.keyid == key.keyid:
        release = _release(body, names)
        yield SignedThing(event.sequence, event.time, kind, place, release, body.subject)
