"""Which recalls an image at a place falls under, by everything that is known of the image.

A cluster may name an image by any digest of it, so a digest is led back to the releases that have it; a condition is
asked of the image as it is there.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Place
from ldmrelease.services.acts.hold_facts import UnknownCondition
from ldmrelease.services.acts.holds import KnownHold
from ldmrelease.services.inventory.where import PlaceComponent
from ldmrelease.services.needs import ConditionSources, PinLookup

TIMEOUT = 10.0
"""Seconds for what conditions have to ask images."""


class HeldImage(Struct, frozen=True):
    """A recall that an image falls under; `unknown` says why nobody can tell, where that is so."""

    hold: KnownHold
    unknown: UnknownCondition | None = None


class _Known(Struct, frozen=True):
    """What an image is by its digest: the digests that mean it or a release or content that it is of, and the names of
    those releases.
    """

    subjects: frozenset[str]
    names: frozenset[tuple[str, str]]


class HeldImages:
    """Says which of some holds an image falls under; each digest is looked up once."""

    def __init__(self, context: PinLookup, holds: Iterable[KnownHold]) -> None:
        self._context = context
        self._known: dict[str, _Known] = {}
        self.recalls = tuple(each for each in holds if each.body.kind is HoldKind.RECALL)

    def of_digest(self, place: Place, level: str, digest: str) -> tuple[KnownHold, ...]:
        """The recalls of an image by its digest that are for sure: those without a condition."""
        return tuple(
            each
            for each in self._about(place, level)
            if each.body.predicate is None and self._names(each, digest)
        )

    def of_rows(
        self, context: ConditionSources, rows: Sequence[PlaceComponent], timeout: float = TIMEOUT
    ) -> list[tuple[HeldImage, ...]]:
        """The recalls that each image at a place falls under, in the order of the rows."""
        found = [
            [HeldImage(each) for each in self.of_digest(row.place, row.level, row.digest)] for row in rows
        ]
        for hold in self.recalls:
            if hold.body.predicate is None:
                continue
            meant = [
                number
                for number, row in enumerate(rows)
                if hold.covers(row.place, row.level) and self._names(hold, row.digest)
            ]
            for number, unknown in _judged(context, hold, rows, meant, timeout):
                found[number].append(HeldImage(hold, unknown))
        return [tuple(each) for each in found]

    def _about(self, place: Place, level: str) -> tuple[KnownHold, ...]:
        return tuple(each for each in self.recalls if each.covers(place, level))

    def _names(self, hold: KnownHold, digest: str) -> bool:
        body = hold.body
        if not body.subjects and body.tag is None:
            return body.predicate is not None
        if not digest:
            return False
        known = self._of(digest)
        named = body.component is None and (body.product or "", body.tag or "") in known.names
        return named or not known.subjects.isdisjoint(body.subjects)

    def _of(self, digest: str) -> _Known:
        if digest not in self._known:
            subjects, names = {digest}, set[tuple[str, str]]()
            for pin in self._context.pins.with_digest(digest):
                release = canonical.decode(self._context.ledger.blob(pin.body.document), Release)
                own = [each for each in release.images if digest in each.identity.digests()]
                subjects |= {each for part in own for each in part.identity.digests()} | {pin.body.digest}
                subjects |= {release.content} if release.content is not None else set()
                names.add((release.product, release.tag))
            self._known[digest] = _Known(frozenset(subjects), frozenset(names))
        return self._known[digest]


def _judged(
    context: ConditionSources,
    hold: KnownHold,
    rows: Sequence[PlaceComponent],
    meant: Sequence[int],
    timeout: float,
) -> list[tuple[int, UnknownCondition | None]]:
    """The rows of which the condition is true, or nobody knows."""
    # The expression language, registries and threads: who has no conditional recall goes without.
    from ldmrelease.expressions.cel import BadExpression  # noqa: PLC0415
    from ldmrelease.services.acts.conditions import judge_rows, read_recall_condition  # noqa: PLC0415
    from ldmrelease.services.inventory.having import Holds  # noqa: PLC0415

    condition = read_recall_condition(hold.body.predicate or "")
    if isinstance(condition, BadExpression):
        return [(each, UnknownCondition(condition.message)) for each in meant]
    answers = judge_rows(context, condition, [rows[each] for each in meant], timeout=timeout)
    return [
        (number, None if each.holds is Holds.MATCHED else UnknownCondition(each.reason or "it is not known"))
        for number, each in zip(meant, answers, strict=True)
        if each.holds is not Holds.NOT_MATCHED
    ]
