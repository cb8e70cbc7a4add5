"""The releases that came to a place, one after the other, each with the very pin that it was of: several builds of a
cycle have one name, and are told apart by the digests of their pins."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.projections.naming import Admission, NamedBy
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.promotions import promotion_summary
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.needs import ReleaseHistory


class ArrivedRelease(Struct, frozen=True):
    """A release as one of its pins has it: `name` is `product/tag`; which `revision` of the tag it is, None where none
    has all that was there; `several` says that the tag has others."""

    name: str
    revision: int | None = None
    several: bool = False

    @property
    def spelling(self) -> str:
        """What names it where a release is asked for: `c0044`, or `c0044@1` where the tag has several revisions."""
        tag = self.name.partition("/")[2]
        return f"{tag}@{self.revision}" if self.several else tag


class Arrival(Struct, frozen=True):
    """A release came to a place: `at` is the number of the event that says so. back: a rollback brought it."""

    at: int
    release: ArrivedRelease
    back: bool = False


class PlaceArrivals:
    """Those of a product at a place: what was admitted, and what was found there by all of its images."""

    def __init__(self, context: ReleaseHistory, application: Application, product: str) -> None:
        self._context, self._application, self._product = context, application, product

    def all(self, seen: Sequence[HistoryEntry], admitted: Sequence[Admission]) -> list[Arrival]:
        """In their order, each once in a row; what was put back at once never settled."""
        came = [Arrival(each.begin, self.of_admission(each), self._is_rollback(each)) for each in admitted]
        first = min((each.begin for each in admitted), default=None)
        components = len({each.component for each in seen})
        # What somebody changes of several images, beside what was decided, makes nothing else of the place.
        found = [
            each
            for each in seen
            if each.ended != "restored"
            and each.named is not NamedBy.ADMITTED
            and (first is None or each.begun < first or components == 1)
        ]
        came += self._found(found)
        rows = groupby(sorted(came, key=lambda each: each.at), key=lambda each: each.release)
        return [next(each) for _, each in rows]

    def of_admission(self, admission: Admission) -> ArrivedRelease:
        """The pin that was let in."""
        pins = self._pins(admission.name)
        revision = next((each.body.revision for each in pins if each.body.digest == admission.release), None)
        return ArrivedRelease(admission.name, revision, len(pins) > 1)

    def _found(self, seen: Iterable[HistoryEntry]) -> Iterator[Arrival]:
        by_name: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for each in seen:
            if each.release is not None:
                by_name[each.release].setdefault((each.component, each.digest), each.begun)
        for name, begun in by_name.items():
            pins = self._pins(name)
            # Of pins with the same images the last is meant.
            whole = {at: each for each in pins if (at := self._came(each, begun)) is not None}
            for at, pin in whole.items():
                yield Arrival(at, ArrivedRelease(name, pin.body.revision, len(pins) > 1))
            if not whole:
                yield Arrival(min(begun.values()), ArrivedRelease(name))

    def _came(self, pin: PinRecord, begun: dict[tuple[str, str], int]) -> int | None:
        """When the last image of a pin came; None where one of those that run at the place never did."""
        release = canonical.decode(self._context.ledger.blob(pin.body.document), Release)
        runs = self._application.components(self._product)
        found: list[int] = []
        for image in (each for each in release.images if each.name in runs):
            came = [begun[key] for each in image.identity.digests() if (key := (image.name, each)) in begun]
            if not came:
                return None
            found.append(min(came))
        return max(found, default=None)

    def _pins(self, name: str) -> list[PinRecord]:
        product, _, tag = name.partition("/")
        return self._context.pins.revisions(product, tag)

    def _is_rollback(self, admission: Admission) -> bool:
        summary = promotion_summary(self._context.ledger, self._context.records, admission.promotion)
        request = summary.request if summary is not None else None
        return request is not None and request.body.intent is Intent.ROLLBACK
