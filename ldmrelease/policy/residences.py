"""When all of a release ran at a place: the times at which each image of it that belongs there ran."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.facts import ImageResidence
from ldmrelease.domain.topology import Place
from ldmrelease.policy.index import Index


class ReleaseResidence(Struct, frozen=True):
    """A stretch of time in which everything of the release that belongs to a place ran there.

    `ended` says why the first image of it went: `replaced`, `restored` or `retired`; None while all is there.
    `admitted`: a decision had let each image of it in there, for a part of that time at least.
    """

    first: datetime
    last: datetime
    ended: str | None
    admitted: bool

    @property
    def current(self) -> bool:
        """The last observation still saw all of it."""
        return self.ended is None


def release_residences(index: Index, place: Place) -> tuple[ReleaseResidence, ...]:
    """When the release ran at a place, by the images' digests: never where one of its images did not run."""
    found: list[ReleaseResidence] | None = None
    for component in index.components.get(place, ()):
        own = [_of_image(each) for each in component_residences(index, place, component)]
        found = own if found is None else [*_together(found, own)]
    return tuple(found or ())


def component_residences(index: Index, place: Place, component: str) -> list[ImageResidence]:
    """When the release's image of a component ran at a place."""
    return [
        each
        for each in index.residences.get(place.environment, ())
        if each.component == component and each.place == place
    ]


def _of_image(each: ImageResidence) -> ReleaseResidence:
    return ReleaseResidence(each.first, each.last, each.ended, each.admitted is not None)


def _together(some: Iterable[ReleaseResidence], others: list[ReleaseResidence]) -> Iterable[ReleaseResidence]:
    for one in some:
        for other in others:
            first, last = max(one.first, other.first), min(one.last, other.last)
            if first <= last:
                yield ReleaseResidence(first, last, _first_end(one, other), one.admitted and other.admitted)


def _first_end(one: ReleaseResidence, other: ReleaseResidence) -> str | None:
    """Why the one that went first went; of two that went together, a restore speaks."""
    ended = [each for each in (one, other) if each.ended is not None]
    return min(ended, key=lambda each: (each.last, each.ended != "restored")).ended if ended else None
