"""Milestones and their features as values, and what can be asked of them (LDM-564, chapter 3; LDM-503)."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct


class Feature(Struct, frozen=True):
    """Something that a milestone delivers: `DM-SUIT-3`. `incomplete`: the document says "currently incomplete".

    `completed` is None where it is incomplete, or where the document says nothing that can be read.
    """

    code: str
    text: str
    due: date | None = None
    completed: date | None = None
    incomplete: bool = False

    def done(self, at: date) -> bool:
        """Whether it was completed by the end of a day."""
        return self.completed is not None and self.completed <= at


class Milestone(Struct, frozen=True):
    """A test milestone: `LDM-503-01`, in the section `3.1`. `no_new_functionality`: the document says that it refines
    earlier deliveries. A code that the document repeats among `features`, or in other milestones, stands repeatedly.
    """

    section: str
    code: str
    title: str
    due: date | None = None
    completed: date | None = None
    incomplete: bool = False
    no_new_functionality: bool = False
    features: tuple[Feature, ...] = ()

    def done(self, at: date) -> bool:
        """Whether it was completed by the end of a day."""
        return self.completed is not None and self.completed <= at

    def left(self, at: date) -> tuple[Feature, ...]:
        """Its features that were not completed by the end of a day."""
        return tuple(each for each in self.features if not each.done(at))


class Catalogue(Struct, frozen=True):
    """The milestones of one revision of a document, in its order. `revision` is the day of it."""

    document: str
    milestones: tuple[Milestone, ...]
    revision: date | None = None

    def milestone(self, code: str) -> Milestone | None:
        """The milestone of a code; upper and lower case are one where no other code is meant by it."""
        alike = [each for each in self.milestones if each.code.casefold() == code.casefold()]
        exact = next((each for each in alike if each.code == code), None)
        return exact or (alike[0] if len(alike) == 1 else None)

    def features(self) -> Iterator[tuple[Milestone, Feature]]:
        """Every feature with its milestone, as often as it stands."""
        for milestone in self.milestones:
            for feature in milestone.features:
                yield milestone, feature


class DatedItem(Struct, frozen=True):
    """A milestone, or one of its features, with the day that it is due. `feature` is None for the milestone itself."""

    milestone: Milestone
    feature: Feature | None
    due: date


def due_items(catalogue: Catalogue, at: date, until: date) -> tuple[DatedItem, ...]:
    """What is due from a day on, up to another one and with it, and was not completed by the first. By date."""
    return tuple(each for each in _open(catalogue, at) if at <= each.due <= until)


def overdue_items(catalogue: Catalogue, at: date) -> tuple[DatedItem, ...]:
    """What was due before a day, and was not completed by it. By date."""
    return tuple(each for each in _open(catalogue, at) if each.due < at)


def _open(catalogue: Catalogue, at: date) -> list[DatedItem]:
    found = []
    for each in catalogue.milestones:
        if each.due is not None and not each.done(at):
            found.append(DatedItem(each, None, each.due))
        found += [DatedItem(each, one, one.due) for one in each.left(at) if one.due is not None]
    return sorted(found, key=lambda item: item.due)


class UnfinishedMilestone(Struct, frozen=True):
    """A milestone that the document marks complete, while these of its features are not."""

    milestone: Milestone
    features: tuple[Feature, ...]


def unfinished_milestones(catalogue: Catalogue) -> tuple[UnfinishedMilestone, ...]:
    """Milestones that were completed without all of their features, as the document has them.

    A feature that was completed after its milestone is none: by now it is there.
    """
    found = (
        UnfinishedMilestone(each, tuple(one for one in each.features if one.completed is None))
        for each in catalogue.milestones
        if each.completed is not None
    )
    return tuple(each for each in found if each.features)


def find(catalogue: Catalogue, text: str) -> tuple[tuple[Milestone, tuple[Feature, ...]], ...]:
    """Milestones in whose code or title a text stands, or in one of whose features; upper and lower case are one.

    With each come those of its features that have it.
    """
    wanted = text.casefold()
    found = []
    for each in catalogue.milestones:
        features = tuple(one for one in each.features if wanted in f"{one.code} {one.text}".casefold())
        if features or wanted in f"{each.code} {each.title}".casefold():
            found.append((each, features))
    return tuple(found)
