"""Which release a container at a place at a time is: the one rule, pure, for every answer and every decision.

An observation is about digests, and a release's name on it is an interpretation, which may not change under the
reader. In this order:

1. the release that the place's standing admission is of, as long as its component's image is what runs;
2. else the release whose tag the place's own text spells, if that tag's pin has this image;
3. else the earliest complete release with this image that was pinned when it was first seen: inferred;
4. else the image alone, which a later pin may name: the first that can.

Nothing named is ever re-named: what was pinned after it was first seen counts only where nothing named it before, so
another revision of a tag, an open release or a newer alias displaces nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.release import Component


class NamedBy(StrEnum):
    """How a name was found."""

    ADMITTED = "admitted"
    SPELLED = "spelled"
    INFERRED = "inferred"
    IMAGE = "image"


class PinnedImage(Struct, frozen=True):
    """A pin of `release` (`product/tag`), as far as it is about one component: its event's number, the digest of the
    release, and which revision of the tag it is.
    """

    sequence: int
    release: str
    digest: str
    complete: bool
    component: Component
    revision: int = 1


class Admission(Struct, frozen=True):
    """A release was admitted to a place: from the event that it was applied with to the one that ended it, None while
    it stands. `release` is its digest, `name` is `product/tag`; `time` is that of its receipt, None without one.
    `found`: a rollback put back what nobody had decided about there, so it lets nothing in anywhere else; `emergency`:
    it was let in by one, and does not either.
    """

    release: str
    name: str
    promotion: str
    begin: int
    end: int | None = None
    time: datetime | None = None
    found: bool = False
    emergency: bool = False

    @property
    def product(self) -> str:
        """What it is a release of."""
        return self.name.partition("/")[0]

    def holds(self, at: int) -> bool:
        """Whether it stood when this event was appended."""
        return self.begin <= at and (self.end is None or at < self.end)


class SeenImage(Struct, frozen=True):
    """An image of a component at a place. `spelled` is the release (`product/tag`) that the place's text spells, None
    where it spells none; `first` is the number of the event that saw it there first, spelled so, in one unbroken row.
    """

    digest: str
    spelled: str | None
    first: int


class NamedImage(Struct, frozen=True):
    """What an image is called, and how that was found: `pin` is None for an image alone."""

    by: NamedBy
    pin: PinnedImage | None = None
    admission: Admission | None = None

    @property
    def release(self) -> str | None:
        """`product/tag`, None for an image alone."""
        return self.pin.release if self.pin is not None else None

    @property
    def revision(self) -> int | None:
        """Of the tag: the number of the pin, None for an image alone."""
        return self.pin.revision if self.pin is not None else None


def standing(
    admissions: Iterable[Admission], product: str, at: int, *, keeps_many: bool
) -> tuple[Admission, ...]:
    """The admissions of a product that stood at an event, the newest first.

    keeps_many: whether the place runs many releases side by side; elsewhere the newest alone stands.
    """
    found = sorted(
        (each for each in admissions if each.product == product and each.holds(at)),
        key=lambda each: each.begin,
        reverse=True,
    )
    return tuple(found if keeps_many else found[:1])


def name_image(seen: SeenImage, admissions: Sequence[Admission], pins: Sequence[PinnedImage]) -> NamedImage:
    """The release that an image is.

    admissions: those that stood when it was seen, the newest first. pins: those whose image of the component has the
        digest among its own, oldest first.
    """
    # Of several that let this image in, the one that the text spells is meant.
    for admission in sorted(admissions, key=lambda each: each.name != seen.spelled):
        let_in = next((each for each in pins if each.digest == admission.release), None)
        if let_in is not None:
            return NamedImage(NamedBy.ADMITTED, let_in, admission)
    known = [each for each in pins if each.sequence < seen.first]
    found = _spelled(known, seen.spelled) or _inferred(known)
    for later in pins[len(known) :]:
        found = found or _spelled([later], seen.spelled) or _inferred([later])
    return found or NamedImage(NamedBy.IMAGE)


def _spelled(pins: Iterable[PinnedImage], name: str | None) -> NamedImage | None:
    found = next((each for each in pins if each.release == name), None)
    return NamedImage(NamedBy.SPELLED, found) if found is not None else None


def _inferred(pins: Iterable[PinnedImage]) -> NamedImage | None:
    found = next((each for each in pins if each.complete), None)
    return NamedImage(NamedBy.INFERRED, found) if found is not None else None
