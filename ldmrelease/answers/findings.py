"""Findings: a code, the values that it is about, and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from ldmrelease.answers.exit_codes import WRONG_LEDGER
from ldmrelease.answers.spellings import PlaceName, Values, plain_values
from ldmrelease.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldmrelease.domain.site_registry import ForeignImage
    from ldmrelease.domain.topology import Place
    from ldmrelease.services.promotions.preflight import RefusedPlace
    from ldmrelease.targets.results import Refusal


class FindingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: `code` and `values` for programs, the same as a sentence for people."""

    code: str
    values: Values
    sentence: str


class PlaceRefusalAnswer(FindingAnswer, frozen=True, kw_only=True):
    """What a place refuses, or that nobody there could be asked (`unavailable`)."""

    place: PlaceName


class UnreachableAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A place that could not be looked at, or not at all of it, and why."""

    place: PlaceName
    why: tuple[FindingAnswer, ...]


def refusal_findings(refusal: Refusal | Unavailable) -> tuple[FindingAnswer, ...]:
    """Each thing that a target refuses; where nobody could be asked, that."""
    from ldmrelease.answers.sentences.target_refusals import refusal_words  # noqa: PLC0415 - mostly there is none

    if isinstance(refusal, Unavailable):
        values = {"where": refusal.where, "reason": refusal.reason}
        return (FindingAnswer(code="unavailable", values=values, sentence=refusal_words(refusal)),)
    return tuple(_finding(each, refusal.values.get("file")) for each in refusal.each)


def _finding(refusal: Refusal, file: object) -> FindingAnswer:
    from ldmrelease.answers.sentences.target_refusals import target_words  # noqa: PLC0415 - as above

    values = {key: each for key, each in {"file": file, **refusal.values}.items() if each is not None}
    return FindingAnswer(
        code=refusal.code, values=plain_values(values), sentence=target_words(refusal.code, values)
    )


def foreign_findings(foreign: ForeignImage | None, *, gone: bool = False) -> tuple[FindingAnswer, ...]:
    """That another repository is named than the component's; `gone` says that it was, and there is nothing to do."""
    if foreign is None:
        return ()
    from ldmrelease.targets.image_setting import foreign_refusal  # noqa: PLC0415 - as above

    refusal = foreign_refusal(foreign)
    if gone:
        refusal = structs.replace(refusal, values={**refusal.values, "gone": True})
    return refusal_findings(refusal)


def place_refusals(place: Place, refusal: Refusal | Unavailable) -> tuple[PlaceRefusalAnswer, ...]:
    """The same, of a place."""
    return tuple(
        PlaceRefusalAnswer(place=str(place), code=each.code, values=each.values, sentence=each.sentence)
        for each in refusal_findings(refusal)
    )


def preflight_refusals(places: Iterable[RefusedPlace]) -> tuple[PlaceRefusalAnswer, ...]:
    """The refusals of all the places, in their order."""
    return tuple(found for each in places for found in place_refusals(each.place, each.refusal))


def unreachable_answer(place: Place, why: Iterable[Refusal | Unavailable]) -> UnreachableAnswer:
    """A place where somebody did not answer."""
    found = tuple(finding for each in why for finding in refusal_findings(each))
    return UnreachableAnswer(place=str(place), why=found)


def is_undecided(refusal: Refusal | Unavailable) -> bool:
    """Whether it says nothing about the release: nobody could be asked, or this ledger is not the one to ask."""
    return isinstance(refusal, Unavailable) or refusal.code in WRONG_LEDGER
