"""Links from a page to the other pages of its site."""

from collections.abc import Collection, Mapping

from ldmrelease.answers.sentences.text import short
from ldmrelease.render.pages.elements import Tone, badge, joined, link, quiet
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.site.page_addresses import (
    decision_address,
    evidence_address,
    night_address,
    person_address,
    place_address,
    promotion_address,
    relative,
    release_address,
)


class KnownPages:
    """What a site has a page of; nothing else is linked."""

    def __init__(
        self,
        releases: Collection[str],
        places: Collection[str],
        promotions: Collection[str],
        nights: Collection[str],
        people: Collection[str],
        marks: Mapping[str, str],
    ) -> None:
        self.releases = frozenset(releases)
        self.places = frozenset(places)
        self.promotions = frozenset(promotions)
        self.nights = frozenset(nights)
        self.people = frozenset(people)
        self.marks = marks
        """By promotion, what it was asked for as, where that was for less than everybody is asked."""


class Links:
    """Links from the page at an address."""

    def __init__(self, page: str, known: KnownPages) -> None:
        self._page = page
        self._known = known

    def _to(self, address: str, text: str, *, is_there: bool) -> Markup:
        return link(relative(address, self._page) if is_there else None, text)

    def release(self, name: str | None, instead: str = "") -> Markup:
        """To a release, by `product/tag`; where there is none, what else is known of an image."""
        if name is None:
            return quiet(short(instead) or "no name")
        return self._to(release_address(name), name, is_there=name in self._known.releases)

    def place(self, place: object) -> Markup:
        """To a place."""
        name = str(place)
        return self._to(place_address(name), name, is_there=name in self._known.places)

    def promotion(self, promotion: str | None) -> Markup:
        """To a promotion, with a mark where it asked for less; that there is none is said."""
        if promotion is None:
            return quiet("nobody (outside ldmrelease)")
        told = self._to(promotion_address(promotion), promotion, is_there=promotion in self._known.promotions)
        mark = self._known.marks.get(promotion)
        return joined(told, badge(mark, Tone.BAD)) if mark is not None else told

    def decision(self, digest: str | None, text: str) -> Markup:
        """To a decision."""
        return self._to(decision_address(digest or ""), text, is_there=digest is not None)

    def evidence(self, digest: str, text: str) -> Markup:
        """To a statement."""
        return self._to(evidence_address(digest), text, is_there=True)

    def person(self, person: str | None) -> Markup:
        """To a person."""
        if person is None:
            return quiet("nobody")
        return self._to(person_address(person), person, is_there=person in self._known.people)

    def night(self, night: str) -> Markup:
        """To a night, if the site goes back that far."""
        return self._to(night_address(night), night, is_there=night in self._known.nights)
