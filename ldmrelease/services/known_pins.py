"""The pins that count, by tag and by digest: read from their own events, with the projection as a hint and no more."""

from collections.abc import Iterator

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import pin_stream
from ldmrelease.ledger import LedgerReader
from ldmrelease.projections.claimed import claimed_in
from ldmrelease.projections.pins import DIGESTS, PINS
from ldmrelease.trust.authorize import roles_within
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord, Records
from ldmrelease.trust.verify import Rejected

PinRecord = EventRecord[Pin]


class KnownPins:
    """Finds pins, and gives out those alone whose signer may speak of every image of the release.

    What is edited in a projection changes nothing: what it does not lead to is looked for among all pins.
    """

    def __init__(self, ledger: LedgerReader, records: Records, keyring: Keyring) -> None:
        self._ledger = ledger
        self._records = records
        self._keyring = keyring
        self._covered: dict[str, bool] = {}
        self._all = _AllPins(ledger)

    def reading(self, ledger: LedgerReader) -> "KnownPins":
        """The same with another reader of the ledger, which is told what an answer rests on."""
        found = KnownPins(ledger, self._records, self._keyring)
        found._covered, found._all = self._covered, self._all
        return found

    def revisions(self, product: str, tag: str) -> list[PinRecord]:
        """Those of a tag, oldest first."""
        events = self._ledger.events(stream=pin_stream(product, tag), kinds=[EventKind.PINNED])
        return [each for event in events if (each := self._counted(event)) is not None]

    def of_release(self, digest: str) -> PinRecord | None:
        """The newest of the release that has this digest."""
        hint = self._ledger.state(DIGESTS, digest)
        for sequence in reversed(hint) if isinstance(hint, list) else ():
            is_number = isinstance(sequence, int) and 0 < sequence <= canonical.LARGEST_INTEGER
            event = self._ledger.get(sequence) if is_number else None
            found = self._counted(event) if event is not None else None
            if found is not None and found.body.digest == digest:
                return found
        return next((each for each in reversed(self.with_digest(digest)) if each.body.digest == digest), None)

    def with_digest(self, digest: str) -> list[PinRecord]:
        """Those of releases that have this digest, their own or that of an image, oldest first."""
        sequences = self._all.caught_up().by_digest.get(digest, [])
        return [each for sequence in sequences if (each := self._at(sequence)) is not None]

    def names_of(self, digest: str) -> list[str]:
        """`product/tag` of the releases that have a digest, in the order in which they came to have it."""
        return list(dict.fromkeys(name_of(each.body) for each in self.with_digest(digest)))

    def tags(self, product: str | None = None) -> list[tuple[str, str]]:
        """Product and tag of everything that somebody says is pinned; `revisions` has what counts of it."""
        if product is not None:
            # Not for what it says: a tag that is pinned meanwhile moves it, and an append that rests on this.
            self._ledger.states(PINS, f"{product}/")
        named = dict.fromkeys((pin.product, pin.tag) for _, pin in self._all.caught_up().pins)
        return [each for each in named if product in (None, each[0])]

    def all(self) -> Iterator[PinRecord]:
        """Every one, newest first."""
        for sequence, _ in reversed(self._all.caught_up().pins):
            found = self._at(sequence)
            if found is not None:
                yield found

    def _at(self, sequence: int) -> PinRecord | None:
        event = self._ledger.get(sequence)
        return self._counted(event) if event is not None else None

    def _counted(self, event: Event) -> PinRecord | None:
        found = self._records.read(event, Pin)
        if isinstance(found, Rejected):
            return None
        if event.hash not in self._covered:
            release = canonical.decode(self._ledger.blob(found.body.document), Release)
            roles = roles_within(found.roles, "pin", found.key, self._keyring, release.repositories)
            self._covered[event.hash] = not isinstance(roles, Rejected)
        return found if self._covered[event.hash] else None


class _AllPins:
    """What all events of pins claim, looked through once and then what has come since: by their numbers.

    A projection could have it ready, and whoever takes a row out of one would hide a pin from an answer. Events cannot
    be taken out unseen, and their rows are hashed and looked through in some hundredths of a millisecond each.
    """

    def __init__(self, ledger: LedgerReader) -> None:
        self.pins: list[tuple[int, Pin]] = []
        self.by_digest: dict[str, list[int]] = {}
        self._ledger = ledger
        self._read = 0

    def caught_up(self) -> "_AllPins":
        for row in self._ledger.rows([EventKind.PINNED], after=self._read):
            self._read = row.sequence
            pin = claimed_in(row.body, Pin)
            if pin is not None:
                self.pins.append((row.sequence, pin))
                for digest in dict.fromkeys((pin.digest, *pin.digests)):
                    self.by_digest.setdefault(digest, []).append(row.sequence)
        return self


def name_of(pin: Pin) -> str:
    """`product/tag`."""
    return f"{pin.product}/{pin.tag}"
