"""Findings: a code, the values that it is about, and its sentence."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import WRONG_LEDGER
from ldmrelease.answers.sentences.refusals import refusal_words, target_words
from ldmrelease.answers.spellings import PlaceName, Values, plain_values
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Place
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
    if isinstance(refusal, Unavailable):
        values = {"where": refusal.where, "reason": refusal.reason}
        return (FindingAnswer(code="unavailable", values=values, sentence=refusal_words(refusal)),)
    problems = refusal.values.get("problems") or [refusal.values]
    return tuple(_finding(refusal, each) for each in problems)


def _finding(refusal: Refusal, problem: Values) -> FindingAnswer:
    code = str(problem.get("code", refusal.code))
    values = {"file": refusal.values.get("file"), **problem}
    told = {key: each for key, each in values.items() if each is not None and key not in ("code", "problems")}
    return FindingAnswer(code=code, values=plain_values(told), sentence=target_words(code, told))


def place_refusals(place: Place, refusal: Refusal | Unavailable) -> tuple[PlaceRefusalAnswer, ...]:
    """The same, of a place."""
    return tuple(
        PlaceRefusalAnswer(place=str(place), code=each.code, values=each.values, sentence=each.sentence)
        for each in refusal_findings(refusal)
    )


def unreachable_answer(place: Place, why: Iterable[Refusal | Unavailable]) -> UnreachableAnswer:
    """A place where somebody did not answer."""
    found = tuple(finding for each in why for finding in refusal_findings(each))
    return UnreachableAnswer(place=str(place), why=found)


def is_undecided(refusal: Refusal | Unavailable) -> bool:
    """Whether it says nothing about the release: nobody could be asked, or this ledger is not the one to ask."""
    return isinstance(refusal, Unavailable) or refusal.code in WRONG_LEDGER
